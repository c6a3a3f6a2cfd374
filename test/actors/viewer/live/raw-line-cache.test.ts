/** Lines that are kept of what flowed by: the newest, within bounds. */
import { expect, test } from "bun:test"
import { lineMemory } from "../../../../actors/viewer/live/raw-line-cache.ts"
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

test("a line is found by its event's id; what has none is passed over", () => {
  const memory = lineMemory()
  const batch = newBatchId()
  memory.add(copiesOf(batch, "one", undefined, "three"))
  expect([0, 1, 2].map((index) => memory.lineOf(eventId(batch, index)))).toEqual([
    "one",
    undefined,
    "three"
  ] as Array<ByteString | undefined>)
})

test("the oldest go when there are too many, or they weigh too much", () => {
  const [few, light] = [lineMemory(2), lineMemory(10, 7)]
  const batch = newBatchId()
  for (const memory of [few, light]) {
    memory.add(copiesOf(batch, "aaa", "bbb"))
    memory.add(copiesOf(batch, "aaa"))
    memory.add(copiesOf(newBatchId(), "ccc"))
    expect(memory.lineOf(eventId(batch, 1))).toBeUndefined()
    expect(memory.lineOf(eventId(batch, 0))).toBe("aaa" as ByteString)
  }
})
