/**
 * `bun run deploy-test compose`: deploy/compose.yaml as users start it, with the profiles tls and sidecar: from `up` to events
 * in Kafka, counted and on the page; figures in Prometheus; more enrichers; a slow Kafka while the bridge starts; every
 * container's process killed in turn under load; and `down` and `up` with the data kept.
 */
import { eventually } from "../../support/eventually.ts"
import { buildImage } from "./build-image.ts"
import {
  compose,
  containerOf,
  countAll,
  counted,
  fromNetwork,
  fromViewer,
  prepareProject,
  processOf,
  recordsInKafka,
  remove,
  secureName,
  send,
  spoor,
  startLoad,
  up
} from "./compose-project.ts"
import { docker } from "./docker.ts"
import { prepare } from "./engine/prepare.ts"
import type { Check } from "./results.ts"
import { slowDown } from "./slow-down.ts"

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(0)} s`

const gateway = "http://gateway:5222"
const sidecar = "http://sidecar:5222"

const starts = async (): Promise<Check> => {
  const from = performance.now()
  await up()
  const took = seconds(from)
  const { acknowledged } = await send(gateway, "first", 20)
  const found = await countAll("first", acknowledged)
  const records = await recordsInKafka("events")
  const page = await fromViewer("/")
  return {
    name: "up: every service is healthy; events are records in Kafka, are counted, and the page shows them",
    passed: found === acknowledged && records >= acknowledged && page.status === 200,
    proof: `healthy after ${took}; ${acknowledged} acknowledged, ${records} records, ${found} counted, page ${page.status}`
  }
}

const otherWays = async (): Promise<Check> => {
  const secure = await send(`https://${secureName}`, "secure", 20)
  const beside = await send(sidecar, "beside", 50)
  const found = [await countAll("secure", secure.acknowledged), await countAll("beside", beside.acknowledged)]
  return {
    name: "--profile tls and --profile sidecar: events that come there are counted too",
    passed: found[0] === secure.acknowledged && found[1] === beside.acknowledged,
    proof: `${secure.acknowledged} over TLS, ${found[0]} counted; ${beside.acknowledged} to the sidecar, ${found[1]} counted`
  }
}

/** The values of a query to Prometheus. */
const query = async (expression: string): Promise<ReadonlyArray<number>> => {
  const address = `http://prometheus:9090/api/v1/query?query=${encodeURIComponent(expression)}`
  const { data } = JSON.parse((await fromNetwork(address)).text) as {
    readonly data: { readonly result: ReadonlyArray<{ readonly value: readonly [number, string] }> }
  }
  return data.result.map(({ value }) => Number(value[1]))
}

const watched = async (): Promise<Check> => {
  // Each actor once, and gateway and drainer of the sidecar.
  const processes = 11
  const values = await eventually(
    "Prometheus reads every process",
    async () => {
      const values = await query('up{namespace="compose"} == 1')
      return values.length >= processes && values
    },
    120_000,
    3_000
  ).catch(() => query('up{namespace="compose"}'))
  const { text } = await fromNetwork("http://prometheus:9090/api/v1/alertmanagers")
  const managers = JSON.parse(text).data.activeAlertmanagers.length
  return {
    name: "Prometheus reads every process and knows the Alertmanager",
    passed: values.length === processes && values.every((value) => value === 1) && managers === 1,
    proof: `${values.length} processes, ${values.filter((value) => value === 1).length} answer; ${managers} Alertmanager`
  }
}

const scales = async (): Promise<Check> => {
  await up("--scale", "enricher=3")
  const load = startLoad(gateway, "scaled")
  const handled = 'sum by (instance) (spoor_actor_events_total{actor="enricher"}) > 0'
  const shares = await eventually(
    "three enrichers work",
    async () => {
      const values = await query(handled)
      return values.length === 3 && values
    },
    180_000,
    5_000
  ).catch(() => query(handled))
  const { acknowledged } = await load.end()
  const found = await countAll("scaled", acknowledged)
  return {
    name: "--scale enricher=3: three share the work",
    passed: shares.length === 3 && found === acknowledged,
    proof: `${shares.length} enrichers with ${shares.join(", ")} events; ${acknowledged} acknowledged, ${found} counted`
  }
}

/** Kafka gets a tenth of its time while the bridge starts: the start succeeds, and events are stored meanwhile. */
const slowKafka = async (): Promise<Check> => {
  const slow = slowDown(await processOf(await containerOf("kafka")), { runMs: 100, stopMs: 900 })
  const from = performance.now()
  try {
    const bridge = await containerOf("bridge")
    const restarts = ["inspect", "--format", "{{.RestartCount}} {{.State.ExitCode}}", bridge]
    await docker(["restart", "--time", "30", bridge])
    const { acknowledged } = await send(gateway, "slow", 20)
    const found = await countAll("slow", acknowledged)
    const took = seconds(from)
    const after = await docker(restarts)
    return {
      name: "the bridge starts while Kafka runs a tenth of the time: it does not end, and events are stored meanwhile",
      passed: found === acknowledged && after === "0 0",
      proof: `${acknowledged} acknowledged, ${found} counted ${took} after the restart; Kafka was stopped ${slow.times()} times`
    }
  } finally {
    await slow.end()
  }
}

/** Kills the process itself: `docker kill` would count as a person's wish, and nothing would start it again. */
const kill = async (service: string): Promise<void> => {
  const id = await containerOf(service)
  const restarts = await docker(["inspect", "--format", "{{.RestartCount}}", id])
  process.kill(await processOf(id), "SIGKILL")
  await eventually(
    `${service} is back`,
    async () => {
      const format =
        "{{.RestartCount}} {{.State.Running}} {{if .State.Health}}{{.State.Health.Status}}{{end}}"
      const [count, isRunning, health] = (await docker(["inspect", "--format", format, id])).split(" ")
      return Number(count) > Number(restarts) && isRunning === "true" && (health || "healthy") === "healthy"
    },
    300_000,
    500
  )
}

/** What is not killed: the network namespace itself. It only sleeps, and to lose it is to lose its three containers. */
const notKilled = ["sidecar"]

const survives = async (): Promise<Check> => {
  const services = (await compose(["ps", "--services"]))
    .split("\n")
    .filter((name) => !notKilled.includes(name))
    .toSorted()
  const from = performance.now()
  const loads = [startLoad(gateway, "survived"), startLoad(sidecar, "survived_beside")] as const
  for (const service of services) {
    await kill(service)
    process.stderr.write(`${service} was killed and is back (${seconds(from)})\n`)
  }
  const [one, two] = [await loads[0].end(), await loads[1].end()]
  const found =
    (await countAll("survived", one.acknowledged)) + (await countAll("survived_beside", two.acknowledged))
  const acknowledged = one.acknowledged + two.acknowledged
  const ledger = await spoor("ledger")
  return {
    name: "every container killed in turn under load: nothing lost, nothing counted twice, the ledger balances",
    passed: found === acknowledged && ledger.includes("balances"),
    proof: `${services.length} killed in ${seconds(from)}; ${acknowledged} acknowledged (${one.again + two.again} sent again), ${found} counted`
  }
}

const keeps = async (): Promise<Check> => {
  const before = await counted("survived")
  await compose(["down"])
  await up()
  const found = await counted("survived")
  const { acknowledged } = await send(gateway, "after", 20)
  const after = await countAll("after", acknowledged)
  return {
    name: "down and up: the data is kept, and new events are counted",
    passed: found === before && before > 0 && after === acknowledged,
    proof: `${found} of ${before} still counted; ${acknowledged} acknowledged, ${after} counted`
  }
}

const checks: Readonly<Record<string, () => Promise<Check>>> = {
  starts,
  otherWays,
  watched,
  scales,
  slowKafka,
  survives,
  keeps
}

/** What an error says, for a table; all of it goes to standard error. */
const firstLine = (error: unknown): string => {
  process.stderr.write(`${String(error)}\n`)
  return String(error).split("\n")[0]?.replaceAll("|", "/").slice(0, 200) ?? ""
}

/** Every check of compose.yaml, in order; removes its containers and volumes at the end. */
export const composed = async (): Promise<ReadonlyArray<Check>> => {
  const prepared = await prepare(true, async () => {
    await buildImage("spoor")
    return "spoor"
  })
  prepareProject()
  const found: Array<Check> = []
  try {
    for (const [name, check] of Object.entries(checks)) {
      const one = await check().catch(
        (error: unknown): Check => ({
          name: `${name}: the check ended early`,
          passed: false,
          proof: firstLine(error)
        })
      )
      process.stderr.write(`${one.passed ? "ok  " : "FAIL"} ${one.name}: ${one.proof}\n`)
      found.push(one)
      // Without `up`, nothing else can be said.
      if (found.length === 1 && !one.passed) break
    }
    return found
  } finally {
    await remove()
    await prepared.stop()
  }
}
