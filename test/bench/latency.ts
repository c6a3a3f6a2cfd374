/**
 * The latency from the gateway's response to an event until a plain Kafka consumer receives its record, at several rates of
 * events. Gateway, drainer, enricher and bridge are separate processes on real Redis, NATS and Kafka.
 */
import type { Spoor } from "../support/spoor.ts"
import type { Bench, Options } from "./bench.ts"
import { type Cluster, withCluster } from "./cluster.ts"
import { type LatencyConsumer, startLatencyConsumer } from "./consumer-latency.ts"
import { paced } from "./paced.ts"
import { figure, spread } from "./result.ts"
import { percentile, spreadOf } from "./rounds.ts"
import { reached } from "./until.ts"

const rates = [100, 1_000, 5_000] as const
const shares = [0.5, 0.99, 0.999] as const

interface Round {
  readonly perSecond: number
  /** The latencies of all events, sorted, milliseconds. */
  readonly latencies: ReadonlyArray<number>
}

/** Returns a function that sends numbered events and waits until the consumer has received all of them. */
const measurer = (url: URL, { seen }: LatencyConsumer) => {
  let next = 0
  return async (perSecond: number, seconds: number): Promise<Round> => {
    const first = next
    const figures = await paced(url, { connections: 64, perSecond, seconds, first })
    if (figures.refused > 0) throw new Error(`${figures.refused} events were refused at ${perSecond}/s.`)
    next += figures.answered.length
    await reached("records received", next, async () => seen.size, performance.now())
    const latencies = figures.answered.map((at, i) => (seen.get(first + i) ?? Number.NaN) - at)
    return { perSecond: figures.perSecond, latencies: latencies.toSorted((a, b) => a - b) }
  }
}

/** Starts the pipeline; returns the gateway. */
const startAll = async (cluster: Cluster, topic: string): Promise<Spoor> => {
  const settings = cluster.settings(topic, { TRUSTED_PROXIES: "127.0.0.0/8" })
  const start = (actor: string): Promise<Spoor> =>
    cluster.start([actor], { ...settings, DATA_DIR: `${settings.DATA_DIR}-${actor}` })
  for (const actor of ["bridge", "enricher", "drainer"]) await start(actor)
  return start("gateway")
}

/** Measures all rounds of each rate. */
const takeAll = async (
  cluster: Cluster,
  { rounds, seconds, report }: Options
): Promise<ReadonlyArray<ReadonlyArray<Round>>> => {
  const topic = await cluster.topic()
  const gateway = await startAll(cluster, topic)
  const consumer = await startLatencyConsumer(cluster.brokers, topic)
  const measure = measurer(gateway.address("send events"), consumer)
  await measure(1_000, Math.min(5, 2 * seconds))
  const taken = rates.map((): Array<Round> => [])
  for (let round = 0; round < rounds; round++) {
    for (const [i, rate] of rates.entries()) {
      const figures = await measure(rate, seconds)
      taken[i]?.push(figures)
      const [p50, p99] = [percentile(figures.latencies, 0.5), percentile(figures.latencies, 0.99)]
      report(`${figure(rate)}/s, round ${round + 1}: p50 ${figure(p50, 1)} ms, p99 ${figure(p99, 1)} ms`)
    }
  }
  consumer.stop()
  return taken
}

export const latency: Bench = {
  name: "latency",
  about:
    "milliseconds from the gateway's answer until a plain Kafka consumer has the record, at 100, 1,000 and 5,000 events/s",
  run: async (options) => {
    const { rounds, seconds } = options
    const taken = await withCluster((cluster) => takeAll(cluster, options))
    const at = rates.map((rate, i) => {
      const own = taken[i] ?? []
      const all = own.flatMap(({ latencies }) => latencies).toSorted((a, b) => a - b)
      const ofRounds = (share: number) => spreadOf(own.map(({ latencies }) => percentile(latencies, share)))
      const sent = spreadOf(own.map(({ perSecond }) => perSecond))
      return { rate, all, sent, p50: ofRounds(0.5), p99: ofRounds(0.99) }
    })
    const usual = at[1] ?? { p50: spreadOf([]), p99: spreadOf([]) }
    return {
      table: {
        columns: ["events/s", "sent a second", "p50 ms", "p99 ms", "p99.9 ms (all rounds)", "events"],
        rows: at.map(({ rate, sent, p50, p99, all }) => [
          figure(rate),
          spread(sent, 0),
          spread(p50, 1),
          spread(p99, 1),
          figure(percentile(all, 0.999), 1),
          figure(all.length)
        ])
      },
      targets: [
        {
          what: "p50 at 1,000/s",
          must: "< 15 ms",
          got: `${spread(usual.p50, 1)} ms`,
          met: usual.p50.median < 15
        },
        {
          what: "p99 at 1,000/s",
          must: "< 60 ms",
          got: `${spread(usual.p99, 1)} ms`,
          met: usual.p99.median < 60
        },
        ...at.map(({ rate, sent }) => ({
          what: `sent a second at ${figure(rate)}/s`,
          must: "within 2 %",
          got: spread(sent, 0),
          met: Math.abs(sent.median / rate - 1) <= 0.02
        }))
      ],
      plots: [
        {
          file: "latency",
          title: "From the gateway's answer to a readable record",
          x: "events a second",
          y: "milliseconds",
          logarithmic: ["x", "y"],
          lines: shares.map((share) => ({
            name: `p${share * 100}`,
            points: at.map(({ rate, all }) => [rate, percentile(all, share)] as const)
          }))
        }
      ],
      notes: [
        `${rounds} rounds of ${seconds} s for each rate, in turn; gateway, drainer, enricher and bridge, Redis, NATS, Kafka, the sender and the consumer are all processes of this machine.`
      ]
    }
  }
}
