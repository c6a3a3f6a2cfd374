/**
 * Events per second from a full Redis list to Kafka, each record acknowledged by all replicas: drainer, enricher and bridge
 * as separate processes or in one. Compared with a bare loop that sends the same finished records.
 */
import type { Spoor } from "../support/spoor.ts"
import { bareLoop } from "./bare-loop.ts"
import type { Bench, Options } from "./bench.ts"
import { type Cluster, withCluster } from "./cluster.ts"
import { type Found, figure, spread } from "./result.ts"
import { ratio, spreadOf, takeTurns } from "./rounds.ts"
import { reached } from "./until.ts"

/** The maximum of the previous store, events per second. */
const oldCeiling = 3_000

/** Drains `lines` lines with these processes; returns events per second. */
export const drainRate = async (
  cluster: Cluster,
  topic: string,
  lines: number,
  start: () => Promise<ReadonlyArray<Spoor>>
): Promise<number> => {
  const processes = await start()
  await cluster.redis.rename("full", "click_queue")
  const durationMs = await reached("records in Kafka", lines, () => cluster.stored(topic), performance.now())
  for (const one of processes) await one.end()
  const left = await cluster.redis.keys("*click_queue}:claimed")
  if (left.length > 0) throw new Error("Batches are still claimed in Redis.")
  return (lines * 1000) / durationMs
}

const againstBareLoop = async (
  { rounds, scale, report }: Options,
  what: string,
  processesOf: (cluster: Cluster, topic: string) => Promise<ReadonlyArray<Spoor>>,
  share: number
): Promise<Found> => {
  const lines = Math.round(1_000_000 * scale)
  const { spoor, bare } = await withCluster(async (cluster) => {
    let last = ""
    const drained = async (): Promise<number> => {
      last = await cluster.topic()
      await cluster.fill("full", lines)
      return drainRate(cluster, last, lines, () => processesOf(cluster, last))
    }
    await drained()
    return takeTurns(
      {
        spoor: drained,
        bare: async () => {
          const { records, milliseconds } = await bareLoop(
            cluster.brokers,
            last,
            await cluster.topic(),
            "gzip"
          )
          return (records * 1000) / milliseconds
        }
      },
      rounds,
      (side, round, perSecond) => report(`round ${round + 1}: ${side} ${figure(perSecond)}/s`)
    )
  })
  const toBare = ratio(spoor, bare, (perSecond) => perSecond)
  const own = spreadOf(spoor)
  return {
    table: {
      columns: ["way", "events/s", "Spoor to it"],
      rows: [
        [what, spread(own, 0), ""],
        ["bare `kafkajs` loop, the same records", spread(spreadOf(bare), 0), spread(toBare)],
        ["ceiling of the old store", figure(oldCeiling), figure(own.median / oldCeiling, 1)]
      ]
    },
    targets: [
      {
        what: "Spoor to the bare loop",
        must: `≥ ${share}`,
        got: spread(toBare),
        met: toBare.median >= share
      },
      ...(share < 0.5
        ? []
        : [
            {
              what: "Spoor to the old ceiling",
              must: "≥ 20",
              got: figure(own.median / oldCeiling, 1),
              met: own.median >= 20 * oldCeiling
            }
          ])
    ],
    notes: [
      `${rounds} rounds of ${figure(lines)} lines; gzip on both sides; Redis, NATS, Kafka and all processes share the machine's cores.`
    ]
  }
}

export const pipeline: Bench = {
  name: "pipeline",
  about: "events a second from a full Redis list to Kafka, three processes, against a bare kafkajs loop",
  run: (options) =>
    againstBareLoop(
      options,
      "drainer, enricher, bridge: a process each",
      async (cluster, topic) => {
        const settings = cluster.settings(topic)
        const processes: Array<Spoor> = []
        for (const actor of ["bridge", "enricher", "drainer"]) {
          processes.push(
            await cluster.start([actor], { ...settings, DATA_DIR: `${settings.DATA_DIR}-${actor}` })
          )
        }
        return processes
      },
      0.5
    )
}

export const pipelineOne: Bench = {
  name: "pipeline-one",
  about: "the same in one process",
  run: (options) =>
    againstBareLoop(
      options,
      "drainer, enricher, bridge: one process",
      async (cluster, topic) => [
        await cluster.start(["drainer", "enricher", "bridge"], cluster.settings(topic, { NATS_URL: "" }))
      ],
      0.4
    )
}
