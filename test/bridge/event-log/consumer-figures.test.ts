/** The figures of a group's member, on every log: position, end and lag, also while nothing is handled and after a restart. */
import { describe, expect, test } from "bun:test"
import { Context, Deferred, Effect, Metric } from "effect"
import { PrometheusMetrics } from "effect/observability"
import { makeConsumerFigures } from "../../../bridge/event-log/consumer-figures.ts"
import type { RecordBatch } from "../../../bridge/event-log/service.ts"
import type { Topic } from "../../../contracts/ids.ts"
import { eventually } from "../../support/eventually.ts"
import { kafka } from "../../support/kafka.ts"
import { type Log, logsInFile, logsOnKafka, newName, type OpenLogs, startReader } from "../../support/logs.ts"
import { serverUrl } from "../../support/server.ts"
import { append, checkOn, run, topicWith } from "./check.ts"

/** Metrics of their own, as those of a process: the sum over all partitions of each series. */
const ownMetrics = () => {
  const registry = new Map()
  const context = Context.make(Metric.MetricRegistry, registry)
  const within = (log: Log): Log => ({
    ...log,
    read: (options, handle) => Effect.provideService(log.read(options, handle), Metric.MetricRegistry, registry)
  })
  const valuesOf = (name: string): ReadonlyArray<number> =>
    PrometheusMetrics.formatUnsafe(context)
      .split("\n")
      .filter((line) => line.startsWith(`spoor_consumer_${name}{`))
      .map((line) => Number(line.split(" ").at(-1)))
  const sum = (name: string): number => valuesOf(name).reduce((all, one) => all + one, 0)
  const read = () => ({
    ...{ position: sum("position"), end: sum("end_offset"), lag: sum("lag_records") },
    ...{ seconds: Math.max(0, ...valuesOf("lag_seconds")), series: valuesOf("position").length }
  })
  return { context, within, read }
}

const idle = { seconds: 0, lag: 0 }

const suite = (open: OpenLogs): void => {
  const check = checkOn(open)

  check("a handler that is stuck: the end rises, the lag counts from where the group begins", async ({ log }) => {
    const topic = await topicWith(log, "1", "2", "3")
    const metrics = ownMetrics()
    const open = await run(Deferred.make<void>())
    const options = { group: newName("group"), topics: [topic], from: "oldest" as const }
    const stuck = startReader(metrics.within(log), options, () => Deferred.await(open))
    await eventually("the lag is known", () => metrics.read().lag === 3)
    expect(metrics.read()).toMatchObject({ position: 0, end: 3 })
    await eventually("it becomes older", () => metrics.read().seconds > 0.2)
    await append(log, topic, "4", "5")
    await eventually("the end has risen", () => metrics.read().end === 5, 30_000, 100)
    expect(metrics.read()).toMatchObject({ position: 0, lag: 5 })

    await run(Deferred.succeed(open, undefined))
    await stuck.has(5)
    await eventually("all is handled", () => metrics.read().lag === 0)
    expect(metrics.read()).toMatchObject({ position: 5, end: 5, ...idle })
    await stuck.stop()
    expect(metrics.read()).toMatchObject({ position: 0, end: 0, ...idle })

    const again = ownMetrics()
    const restarted = startReader(again.within(log), options)
    await eventually("it is known before the first record", () => again.read().position === 5)
    expect(again.read()).toMatchObject({ end: 5, ...idle })
    expect(restarted.texts()).toEqual([])
    await restarted.stop()
  }, 60_000)

  check("members that share the partitions: the sum over all is the lag of the group", async ({ log, other }) => {
    const topic = await topicWith(log)
    await appendToAll(log, topic, 30)
    const [one, two] = [ownMetrics(), ownMetrics()]
    const options = { group: newName("group"), topics: [topic], from: "oldest" as const }
    const never = (_: RecordBatch) => Effect.fail("never")
    const first = startReader(one.within(log), options, never)
    await eventually("it has all partitions", () => one.read().lag === 30)
    const second = startReader(two.within(other), options, never)
    const sum = () => one.read().lag + two.read().lag
    if (open !== logsInFile) {
      await eventually("both have partitions", () => two.read().lag > 0 && one.read().lag > 0, 40_000, 50)
      await eventually("the sum is right", () => sum() === 30)
    }
    await appendToAll(log, topic, 30)
    await eventually("the sum has risen", () => sum() === 60, 30_000, 100)
    await first.stop()
    await eventually("the other has all", () => two.read().lag === 60, 30_000, 100)
    expect(one.read()).toMatchObject({ position: 0, end: 0, ...idle })
    await second.stop()
    expect(sum()).toBe(0)
  }, 120_000)
}

const appendToAll = async (log: Log, topic: Topic, count: number): Promise<void> => {
  const value = new TextEncoder().encode("text")
  for (let i = 0; i < count; i++) await run(log.append([{ topic, value, headers: {} }], `affinity ${i}`))
}

const broker = await serverUrl(kafka)
describe.skipIf(broker === undefined)("figures on Kafka", () => suite(logsOnKafka(broker ?? "")))
describe("figures in a SQLite file", () => suite(logsInFile))

test("a lag without a known record begins when it is noticed, and is 0 when it is over", () => {
  const { context, read } = ownMetrics()
  let time = 1_000_000
  const figures = makeConsumerFigures(context, "g", undefined, () => time)
  const place = { topic: "events" as Topic, partition: 0 }
  figures.own([place])
  expect(read()).toMatchObject({ position: 0, end: 0, series: 1 })
  figures.set(place, { position: 7n, end: 7n })
  figures.endsAt(place, 9n)
  time += 5_000
  expect(read()).toMatchObject({ position: 7, end: 9, lag: 2, seconds: 5 })
  figures.endsAt(place, 9n, time - 60_000)
  expect(read().seconds).toBe(60)
  // A record with a time of the future.
  figures.handled(place, 8n, time + 60_000)
  expect(read()).toMatchObject({ lag: 1, seconds: 0 })
  figures.handled(place, 9n, time)
  expect(read()).toMatchObject({ lag: 0, seconds: 0 })
  figures.own([])
  figures.endsAt(place, 20n)
  expect(read()).toMatchObject({ position: 0, end: 0, lag: 0, series: 1 })
})
