/**
 * Records per second of each counter, in a separate process, with fences and atomic writes to Redis; compared with a bare
 * `kafkajs` consumer that only reads the same topic.
 */
import { bareConsumer } from "./bare-consumer.ts"
import type { Bench, Options } from "./bench.ts"
import { type Cluster, withCluster } from "./cluster.ts"
import { committed } from "./committed.ts"
import { drainRate } from "./pipeline.ts"
import { figure, spread } from "./result.ts"
import { ratio, spreadOf, takeTurns } from "./rounds.ts"
import { rateFrom } from "./until.ts"

const counters = ["event-counter", "metadata-counter", "search-counter", "timing-stats"] as const
type Side = (typeof counters)[number] | "bare"

/** Runs a counter from the start of the topic into an empty Redis until all its offsets are committed; returns records per second. */
const count = async (cluster: Cluster, counter: string, topic: string, records: number): Promise<number> => {
  const group = `spoor-${counter}`
  await cluster.redis.flushall()
  const spoor = await cluster.start([counter], cluster.settings(topic))
  const rate = await rateFrom("records counted", records, () => committed(cluster, group, topic))
  await spoor.end()
  await cluster.admin.deleteGroups([group])
  return rate
}

const compare = async (cluster: Cluster, records: number, { rounds, report }: Options) => {
  const topic = await cluster.topic()
  await cluster.fill("full", records)
  await drainRate(cluster, topic, records, async () => [
    await cluster.start(["drainer", "enricher", "bridge"], cluster.settings(topic, { NATS_URL: "" }))
  ])
  const turn = (counter: string) => () => count(cluster, counter, topic, records)
  return takeTurns<Side, number>(
    {
      bare: () => bareConsumer(cluster.brokers, topic, records),
      "event-counter": turn("event-counter"),
      "metadata-counter": turn("metadata-counter"),
      "search-counter": turn("search-counter"),
      "timing-stats": turn("timing-stats")
    },
    rounds,
    (side, round, perSecond) => report(`round ${round + 1}: ${side} ${figure(perSecond)}/s`)
  )
}

export const consumers: Bench = {
  name: "consumers",
  about: "records a second of each counter, fences included, against a bare kafkajs consumer",
  run: async (options) => {
    const records = Math.round(1_000_000 * options.scale)
    const taken = await withCluster((cluster) => compare(cluster, records, options))
    const toBare = (counter: Side) => ratio(taken[counter], taken.bare, (perSecond) => perSecond)
    return {
      table: {
        columns: ["consumer", "records/s", "to the bare one"],
        rows: [
          ["bare `kafkajs`", spread(spreadOf(taken.bare), 0), ""],
          ...counters.map((counter) => [
            counter,
            spread(spreadOf(taken[counter]), 0),
            spread(toBare(counter))
          ])
        ]
      },
      targets: counters.map((counter) => ({
        what: `${counter} to the bare consumer`,
        must: "≥ 0.5",
        got: spread(toBare(counter)),
        met: toBare(counter).median >= 0.5
      })),
      notes: [
        `${options.rounds} rounds of ${figure(records)} records in three partitions; the bare consumer from joining its group, the counters from their first commit, until all is committed; they write to an empty Redis.`
      ]
    }
  }
}
