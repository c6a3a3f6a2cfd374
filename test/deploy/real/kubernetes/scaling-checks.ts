/**
 * The chart's scaling rules on a real autoscaler that reads figures under Spoor's names: up with the backlog, its age, the
 * lag and the processor time; never beyond the partitions; and down slower than a pod drains.
 */
import { join } from "node:path"
import { eventually } from "../../../support/eventually.ts"
import { root } from "../docker.ts"
import type { Check } from "../results.ts"
import type { Api } from "./api.ts"
import type { Figures } from "./metrics-api.ts"
import type { Release } from "./release.ts"
import { deploymentsOf, fallsOf, highest, type Watch, watch } from "./watch.ts"

/** Figures as two drainers and two members of each group export them: one has the lease, the other says 0. */
const backlog = { lines: 0, ageSeconds: 0 }
const lag: Record<string, number> = { "event-counter": 0, "metadata-counter": 0, "timing-stats": 0 }
let millicores = 40

const drainerText = (lines: number, age: number): string =>
  [
    "# TYPE spoor_queue_waiting_lines gauge",
    `spoor_queue_waiting_lines{queue="redis"} ${lines}`,
    "# TYPE spoor_queue_oldest_waiting_age_seconds gauge",
    `spoor_queue_oldest_waiting_age_seconds{queue="redis"} ${age}`,
    ""
  ].join("\n")

const counterText = (actor: string, records: number, partition: number): string =>
  `spoor_consumer_lag_records{group="spoor-${actor}",topic="events",partition="${partition}"} ${records}\n`

export const scripted: Figures = {
  texts: () => [
    drainerText(backlog.lines, backlog.ageSeconds),
    drainerText(0, 0),
    ...Object.entries(lag).flatMap(([actor, records]) => [
      counterText(actor, records / 2, 0),
      counterText(actor, records / 2, 1)
    ])
  ],
  cpu: (labels) => (labels["app.kubernetes.io/component"] === "gateway" ? millicores : undefined)
}

/** Pods end within 8 s, so that scaling down, which is slower, can be watched. */
export const scalingValues = {
  file: join(root, "test", "deploy", "values", "hpa.yaml"),
  values: {
    shutdown: { preStopSeconds: 1, drainDelaySeconds: 0.5, drainTimeoutSeconds: 5, marginSeconds: 1 },
    autoscaling: {
      targets: { waitingLines: 1_000, oldestWaitingSeconds: 10, lagRecords: 1_000 },
      scaleUp: { pods: 4, periodSeconds: 5 },
      scaleDown: { pods: 1, periodSeconds: 1, stabilizationSeconds: 1 }
    },
    kafka: { partitions: 3 },
    actors: {
      gateway: { autoscaling: { min: 2, max: 6 } },
      enricher: { autoscaling: { min: 2, max: 6 } }
    }
  }
}
const graceSeconds = 8

const wanted = async (api: Api, namespace: string, name: string): Promise<number> =>
  (await deploymentsOf(api, namespace)).find(({ metadata }) => metadata.name === `spoor-${name}`)?.spec
    .replicas ?? 0

const reaches = (api: Api, namespace: string, numbers: Readonly<Record<string, number>>): Promise<boolean> =>
  eventually(
    `the autoscaler wants ${JSON.stringify(numbers)}`,
    async () => {
      for (const [name, number] of Object.entries(numbers))
        if ((await wanted(api, namespace, name)) !== number) return false
      return true
    },
    180_000,
    500
  )

/** Runs a step and says what went wrong, or what was seen. */
const checked = (
  name: string,
  run: () => Promise<readonly [passed: boolean, proof: string]>
): Promise<Check> =>
  run().then(
    ([passed, proof]) => ({ name, passed, proof }),
    (cause: unknown) => ({ name, passed: false, proof: String(cause).slice(0, 300) })
  )

const scalesDown = async (
  api: Api,
  namespace: string,
  watched: Watch
): Promise<readonly [boolean, string]> => {
  Object.assign(backlog, { lines: 0, ageSeconds: 0 })
  for (const actor of Object.keys(lag)) lag[actor] = 0
  millicores = 40
  await reaches(api, namespace, { drainer: 2, enricher: 2, bridge: 2, "event-counter": 1, gateway: 2 })
  await watched.stop()
  const falls = fallsOf(watched.seen, "spoor-enricher")
  const gaps = falls.slice(1).map(([at], i) => at - (falls[i]?.[0] ?? 0))
  const shortest = Math.min(...gaps)
  return [
    falls.length === 4 && falls.every(([, fewer]) => fewer === 1) && shortest > graceSeconds,
    `enrichers 6, 5, 4, 3, 2, at least ${shortest.toFixed(0)} s apart; a pod drains within ${graceSeconds} s`
  ]
}

/** Every rule, in order, on a release that was installed with `scalingValues`. */
export const scales = async (api: Api, { namespace }: Release): Promise<ReadonlyArray<Check>> => {
  const watched = watch(api, namespace)
  const by = (what: string, numbers: Readonly<Record<string, number>>) =>
    checked(what, async () => {
      const from = performance.now()
      await reaches(api, namespace, numbers)
      const pods = Object.entries(numbers).map(([name, number]) => `${number} ${name}`)
      return [true, `${pods.join(", ")} after ${((performance.now() - from) / 1_000).toFixed(0)} s`]
    })
  const checks = [
    await by("without a backlog, each actor has its smallest number of pods", {
      drainer: 2,
      enricher: 2,
      bridge: 2,
      "event-counter": 1,
      gateway: 2
    })
  ]
  backlog.lines = 4_500
  checks.push(await by("4,500 waiting lines, 1,000 a pod", { drainer: 5, enricher: 5, bridge: 5 }))
  Object.assign(backlog, { lines: 10, ageSeconds: 12 })
  checks.push(
    await by("the oldest line is older than its target: one pod more, the most that is allowed", {
      drainer: 6,
      enricher: 6,
      bridge: 6
    })
  )
  lag["event-counter"] = 100_000
  checks.push(
    await checked(
      "a lag of 100 pods' worth: as many consumers as partitions, and only of that group",
      async () => {
        await reaches(api, namespace, { "event-counter": 3 })
        const most = ["event-counter", "metadata-counter", "timing-stats"].map((name) =>
          highest(watched.seen, `spoor-${name}`)
        )
        return [
          most.join() === "3,1,1",
          `${most[0]} pods on 3 partitions; other groups ${most[1]} and ${most[2]}`
        ]
      }
    )
  )
  millicores = 700
  checks.push(await by("gateways at 140 % of their requested processor time, 70 % wanted", { gateway: 4 }))
  checks.push(
    await checked("down: one pod at a time, slower than a pod drains", () =>
      scalesDown(api, namespace, watched)
    )
  )
  return checks
}
