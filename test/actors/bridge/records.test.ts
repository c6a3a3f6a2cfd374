/** Records have the contract's headers; a record that the log can never store becomes a rejection of its event. */
import { describe, expect, test } from "bun:test"
import { recordsOf, rejectionsOf } from "../../../actors/bridge/records.ts"
import type { EnrichedBatch } from "../../../contracts/batch.ts"
import { emptyDigest, newBatchId, splitEventId, Topic } from "../../../contracts/ids.ts"

const topic = Topic.make("events")
const value = new Uint8Array([1, 2, 3])
const batch: EnrichedBatch = {
  id: newBatchId(),
  digest: emptyDigest,
  claimed: 20,
  enriched: 30,
  events: [
    { index: 0, topic, value, received: 10 },
    { index: 7, topic, value, received: 11, key: "device-1" }
  ]
}

describe("records", () => {
  test("have the id and the stage times as headers, and a key only if the event has one", () => {
    const [first, second] = recordsOf(batch, 40)
    expect(first).toEqual({
      topic,
      value,
      headers: { id: `${batch.id}-0`, v: "1", received: "10", claimed: "20", enriched: "30", sent: "40" }
    })
    expect(second).toMatchObject({ key: "device-1", headers: { id: `${batch.id}-7`, received: "11" } })
    expect(splitEventId(second?.headers.id ?? "")).toEqual({ batch: batch.id, index: 7 })
  })

  test("an event whose client is traced has that header too, and no other event", () => {
    const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`
    const traced = { ...batch, traces: [{ index: 7, traceparent }] }
    const [first, second] = recordsOf(traced, 40)
    expect(first).toEqual(recordsOf(batch, 40)[0])
    expect(second?.headers).toEqual({ ...recordsOf(batch, 40)[1]?.headers, traceparent })
  })

  test("the log's refusal is the reason of the dead letter", () => {
    const reason = "Kafka refuses this record: it has no key (INVALID_RECORD)"
    const appended = [{ stored: false, why: "refused by the log", reason }] as const
    expect(rejectionsOf(batch, appended)).toEqual([
      { index: 0, topic, stage: "bridge", reason: "refused by the log", detail: reason }
    ])
  })

  test("a refused record is rejected by the index of its event, not by its place", () => {
    const appended = [
      { stored: true, partition: 0, offset: "5" },
      { stored: false, why: "too large", reason: "too large for the topic events" }
    ] as const
    expect(rejectionsOf(batch, appended)).toEqual([
      { index: 7, topic, stage: "bridge", reason: "too large", detail: "too large for the topic events" }
    ])
  })
})
