/** A record's bytes are decoded once and its headers are parsed at most once, whatever parts of the viewer need them. */
import { expect, test } from "bun:test"
import { decodedBatch } from "../../../actors/viewer/decoded-record.ts"
import { makeSeries } from "../../../actors/viewer/history/series.ts"
import { liveFeed } from "../../../actors/viewer/live/feed.ts"
import type { LogRecord, RecordBatch } from "../../../bridge/event-log/service.ts"
import { batchOf } from "./watching.ts"

/** The batch, with the number of times that values and headers of its records were read. */
const counted = (batch: RecordBatch) => {
  const reads = { values: 0, headers: 0 }
  const records = batch.records.map(
    ({ offset, timestamp, key, value, headers }): LogRecord => ({
      offset,
      timestamp,
      key,
      get value() {
        reads.values += 1
        return value
      },
      get headers() {
        reads.headers += 1
        return headers
      }
    })
  )
  return { batch: { ...batch, records }, reads }
}

const lines = ["buy type=Mobile&country=DE a=1", "open type=Mobile&country=DE a=2", "no record"]
const recipient = { send: () => {}, isReady: () => true }

test("the feed, its filters and the series read each value once, and headers of matches only", () => {
  const { batch, reads } = counted(batchOf(lines))
  const feed = liveFeed()
  const subscriptions = [{ type: "=buy" }, { type: "buy", country: "de" }, { type: "=other" }].map((filter) =>
    feed.subscribe(filter, recipient)
  )
  const now = batch.records[0]?.timestamp ?? 0
  const series = makeSeries(now - 60_000)
  const decoded = decodedBatch(batch)
  expect(reads).toEqual({ values: 0, headers: 0 })
  feed.add(decoded)
  series.add(series.reader(), decoded, now)
  for (const { close } of subscriptions) close()
  expect(reads).toEqual({ values: 3, headers: 1 })
})

test("a record that was decoded already is kept, and one that cannot be parsed has no parts", () => {
  const [first, , last] = decodedBatch(batchOf(lines)).records
  expect(decodedBatch({ ...batchOf([]), records: first === undefined ? [] : [first] }).records[0]).toBe(first)
  expect(first).toMatchObject({ text: lines[0], split: { event: "buy", params: "a=1" } })
  expect(last).toMatchObject({ text: lines[2], split: undefined })
})
