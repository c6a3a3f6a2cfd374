/** The back-fill adds the log's last minutes to a series, and leaves out what exceeds its limits. */
import { expect, test } from "bun:test"
import { Effect, Logger } from "effect"
import { backFill } from "../../../../actors/viewer/history/back-fill.ts"
import { makeSeries } from "../../../../actors/viewer/history/series.ts"
import type { RecordBatch, ScanOptions } from "../../../../bridge/event-log/service.ts"
import { Failure } from "../../../../contracts/failure.ts"
import { Topic } from "../../../../contracts/ids.ts"

const topic = Topic.make("events")
const value = new TextEncoder().encode("a type=Mobile&country=DE&klag=1 e")

/** A log of one partition with that many records per second in the last 15 minutes, read as `scan` does. */
const logOf = (perSecond: number, now: number) => {
  const first = Math.floor(now / 5_000) * 5_000 - 900_000
  const count = 895 * perSecond
  const scans: Array<number> = []
  const scan = ({ since }: ScanOptions, see: (batch: RecordBatch, partitions: number) => boolean) =>
    Effect.sync(() => {
      scans.push(Math.round((now - since) / 60_000))
      const begin = Math.max(0, Math.ceil(((since - first) * perSecond) / 1_000))
      for (let from = begin; from < count; from += 1_000) {
        const records = Array.from({ length: Math.min(1_000, count - from) }, (_, i) => ({
          offset: String(from + i),
          timestamp: first + Math.floor(((from + i) * 1_000) / perSecond),
          key: undefined,
          value,
          headers: {}
        }))
        if (see({ topic, partition: 0, records, end: String(count) }, 1)) return true
      }
      return false
    })
  return { scan, scans }
}

const run = (effect: Effect.Effect<void>): Promise<void> =>
  Effect.runPromise(Effect.provide(effect, Logger.layer([])))

const known = (series: ReturnType<typeof makeSeries>, now: number): ReadonlyArray<number | null> =>
  series.view("all", 15, now).lines[0]?.values ?? []

test("fills 15 minutes, each event once", async () => {
  const now = Date.now()
  const series = makeSeries(now)
  const { scan, scans } = logOf(10, now)
  await run(backFill(series, scan, [topic]))
  expect(scans).toEqual([1, 4, 15])
  const values = known(series, now)
  expect(values.filter((one) => one === null).length).toBeLessThanOrEqual(1)
  // The log ends shortly before now.
  expect(new Set(values.slice(1, 179))).toEqual(new Set([10]))
})

test("fills less of a busy log, and leaves the rest unknown instead of 0", async () => {
  const now = Date.now()
  const series = makeSeries(now)
  const { scan, scans } = logOf(2_000, now)
  await run(backFill(series, scan, [topic]))
  expect(scans).toEqual([1])
  const values = known(series, now)
  expect(new Set(values.slice(0, 167))).toEqual(new Set([null]))
  expect(new Set(values.slice(169, 178))).toEqual(new Set([2_000]))
})

test("fills nothing from an unavailable log", async () => {
  const now = Date.now()
  const series = makeSeries(now)
  const scan = () => Effect.fail(new Failure({ reason: "unavailable", message: "Kafka is away." }))
  await run(backFill(series, scan, [topic]))
  expect(new Set(known(series, now))).toEqual(new Set([null]))
})
