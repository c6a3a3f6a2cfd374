/** Between events and log records: the headers of the external contract, and which events the log refused for good. */
import type { Appended, NewRecord } from "../../bridge/event-log/service.ts"
import type { EnrichedBatch, Rejection } from "../../contracts/batch.ts"
import type { EnrichedEvent } from "../../contracts/event.ts"
import type { CopyContent } from "../../contracts/event-copy.ts"
import { eventId } from "../../contracts/ids.ts"
import { recordContent } from "../runtime/publish/event-copies.ts"

/** The version of the record's format, header `v`. */
export const recordVersion = "1"

/**
 * One record per event. Headers: `id` (the same through every retry), `v`, and when the event passed each stage
 * (milliseconds since 1970): `received` at the edge, `claimed` from the queue, `enriched`, `sent` to the log (`now`).
 */
export const recordsOf = (batch: EnrichedBatch, now: number): ReadonlyArray<NewRecord> => {
  const claimed = String(batch.claimed)
  const enriched = String(batch.enriched)
  const sent = String(now)
  return batch.events.map(({ index, topic, key, value, received }) => {
    const headers = {
      id: eventId(batch.id, index),
      v: recordVersion,
      received: String(received),
      claimed,
      enriched,
      sent
    }
    return key === undefined ? { topic, value, headers } : { topic, key, value, headers }
  })
}

/** A stored event as people who look are shown it, by its place in what was appended; one not stored is not shown. */
export const storedAt =
  (appended: ReadonlyArray<Appended>) =>
  ({ value }: EnrichedEvent, place: number): CopyContent | undefined => {
    const one = appended[place]
    return one?.stored === true
      ? { ...recordContent(value), partition: one.partition, offset: one.offset }
      : undefined
  }

/** The events that were not stored and never can be. */
export const rejectionsOf = (
  batch: EnrichedBatch,
  appended: ReadonlyArray<Appended>
): ReadonlyArray<Rejection> =>
  batch.events.flatMap(({ index, topic }, i) => {
    const one = appended[i]
    return one === undefined || one.stored
      ? []
      : [{ index, topic, stage: "bridge", reason: one.why, detail: one.reason }]
  })
