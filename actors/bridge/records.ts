/** Converts events to log records with the contract's headers, and refused records to rejections. Pure. */
import type { Appended, NewRecord } from "../../bridge/event-log/service.ts"
import type { EnrichedBatch, Rejection } from "../../contracts/batch.ts"
import type { EnrichedEvent } from "../../contracts/event.ts"
import type { CopyContent } from "../../contracts/event-copy.ts"
import { eventId } from "../../contracts/ids.ts"
import { type EventTrace, traceparentHeader } from "../../contracts/trace-context.ts"
import { recordContent } from "../runtime/publish/event-copies.ts"

/** The version of the record's format, header `v`. */
export const recordVersion = "1"

/**
 * One record per event. Headers: `id` (the same in every retry), `v`, and when the event passed each stage, milliseconds
 * since 1970: `received` at the edge, `claimed` from the queue, `enriched`, `sent` to the log (`now`). An event whose
 * client is traced has `traceparent` too.
 */
export const recordsOf = (batch: EnrichedBatch, now: number): ReadonlyArray<NewRecord> => {
  const claimed = String(batch.claimed)
  const enriched = String(batch.enriched)
  const sent = String(now)
  const records = batch.events.map(({ index, topic, key, value, received }) => {
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
  return batch.traces === undefined ? records : withTraces(records, batch.events, batch.traces)
}

/** The records with the header `traceparent` where their client is traced. */
const withTraces = (
  records: ReadonlyArray<NewRecord>,
  events: ReadonlyArray<EnrichedEvent>,
  traces: ReadonlyArray<EventTrace>
): ReadonlyArray<NewRecord> => {
  const traceparents = new Map(traces.map(({ index, traceparent }) => [index, traceparent]))
  return records.map((record, i) => {
    const traceparent = traceparents.get(events[i]?.index ?? -1)
    return traceparent === undefined
      ? record
      : { ...record, headers: { ...record.headers, [traceparentHeader]: traceparent } }
  })
}

/** The copy of a stored event, by its place among the appended records; undefined for one that was not stored. */
export const storedAt =
  (appended: ReadonlyArray<Appended>) =>
  ({ value }: EnrichedEvent, place: number): CopyContent | undefined => {
    const result = appended[place]
    return result?.stored === true
      ? { ...recordContent(value), partition: result.partition, offset: result.offset }
      : undefined
  }

/** The rejections of the events that the log can never store. */
export const rejectionsOf = (
  batch: EnrichedBatch,
  appended: ReadonlyArray<Appended>
): ReadonlyArray<Rejection> =>
  batch.events.flatMap(({ index, topic }, i) => {
    const result = appended[i]
    return result === undefined || result.stored
      ? []
      : [{ index, topic, stage: "bridge", reason: result.why, detail: result.reason }]
  })
