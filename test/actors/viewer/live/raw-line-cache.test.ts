/** The raw line cache keeps the newest lines, within its limits. */
import { expect, test } from "bun:test"
import { rawLineCache } from "../../../../actors/viewer/live/raw-line-cache.ts"
import type { ByteString } from "../../../../contracts/event.ts"
import type { Copies } from "../../../../contracts/event-copy.ts"
import { type BatchId, eventId, newBatchId, Topic } from "../../../../contracts/ids.ts"

const copiesOf = (batch: BatchId, ...lines: ReadonlyArray<string | undefined>): Copies => ({
  stage: "raw",
  topic: Topic.make("events"),
  batch,
  at: 1,
  dropped: 0,
  events: lines.map((line, index) => (line === undefined ? { index } : { index, line: line as ByteString }))
})

test("a line is found by its event id; copies without a line are ignored", () => {
  const cache = rawLineCache()
  const batch = newBatchId()
  cache.add(copiesOf(batch, "one", undefined, "three"))
  expect([0, 1, 2].map((index) => cache.lineOf(eventId(batch, index)))).toEqual([
    "one",
    undefined,
    "three"
  ] as Array<ByteString | undefined>)
})

test("the oldest lines are evicted at the limits of number and bytes", () => {
  const [few, light] = [rawLineCache(2), rawLineCache(10, 7)]
  const batch = newBatchId()
  for (const cache of [few, light]) {
    cache.add(copiesOf(batch, "aaa", "bbb"))
    cache.add(copiesOf(batch, "aaa"))
    cache.add(copiesOf(newBatchId(), "ccc"))
    expect(cache.lineOf(eventId(batch, 1))).toBeUndefined()
    expect(cache.lineOf(eventId(batch, 0))).toBe("aaa" as ByteString)
  }
})
