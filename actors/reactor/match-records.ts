/**
 * The matches of a batch of records, each with the ids that its fence and its deliveries need. Most records match nothing
 * and are not decoded. Pure.
 */
import type { LogRecord, RecordBatch } from "../../bridge/event-log/service.ts"
import type { RecordRef } from "../../bridge/keyed-store/fences.ts"
import type { NewDelivery, Suppression } from "../../bridge/reaction-store/service.ts"
import { traceparentHeader } from "../../contracts/trace-context.ts"
import { fenceId, type Written } from "../counter/fence-id.ts"
import { readEvent } from "../inspect/counters/counted-event.ts"
import { type DeliveryOptions, deliveryOf, isSuppression } from "../rules/deliveries.ts"
import type { Renderer } from "../rules/render.ts"
import type { Match, RuleSet } from "../rules/rule-set.ts"
import { isEventId, placeId } from "../runtime/inbox/key.ts"

/** A record that a rule holds for. */
export interface MatchedRecord {
  readonly record: LogRecord
  readonly ref: RecordRef
  readonly matches: ReadonlyArray<Match>
}

/** The records of the batch for which a rule holds, in order. */
export const matchedRecords = (
  batch: RecordBatch,
  rules: RuleSet,
  written: Written
): ReadonlyArray<MatchedRecord> =>
  batch.records.flatMap((record) => {
    if (!rules.isCandidate(record)) return []
    const { id } = record.headers
    // A record of another producer has an id of its own place, so that its fence and its deliveries have one.
    const event = id !== undefined && isEventId(id) ? id : placeId(record, batch)
    const matches = rules.match(record, batch.topic, event)
    if (matches.length === 0) return []
    const known = { ...record, headers: { ...record.headers, id: event } }
    return [
      { record, ref: { offset: record.offset, id: fenceId(known, readEvent(record), written) }, matches }
    ]
  })

/** The limits of one commit: larger ones would stop the store for everybody. */
const maxDeliveries = 200
const maxBytes = 1024 * 1024

/** The changes of the first `handled` records. */
export interface Reactions {
  readonly handled: number
  readonly matched: number
  readonly deliveries: ReadonlyArray<NewDelivery>
  readonly suppressed: ReadonlyArray<Suppression>
}

/** What the fresh ones of these records cause, as many of them as one commit takes, at least one. */
export const reactionsOf = (
  records: ReadonlyArray<MatchedRecord>,
  isFresh: (place: number) => boolean,
  renderer: Renderer,
  options: Omit<DeliveryOptions, "traceparent">
): Reactions => {
  const deliveries: Array<NewDelivery> = []
  const suppressed = new Map<string, Suppression>()
  let [handled, matched, bytes] = [0, 0, 0]
  for (const [place, { record, matches }] of records.entries()) {
    if (deliveries.length >= maxDeliveries || bytes >= maxBytes) break
    handled += 1
    if (!isFresh(place)) continue
    const traceparent = record.headers[traceparentHeader]
    for (const match of matches) {
      const one = deliveryOf(match, renderer, { ...options, traceparent })
      matched += 1
      if (isSuppression(one)) {
        const key = `${one.rule} ${one.reason}`
        suppressed.set(key, { ...one, count: (suppressed.get(key)?.count ?? 0) + one.count })
      } else {
        deliveries.push(one)
        bytes += one.content.length
      }
    }
  }
  return { handled, matched, deliveries, suppressed: [...suppressed.values()] }
}
