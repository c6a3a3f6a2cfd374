/**
 * The key of a record, and a record as the re-keyer copies it or a key passes it on: with its key, and where and when the
 * log stored it first. Pure.
 */
import { createHash } from "node:crypto"
import type { LogRecord, NewRecord } from "../../../bridge/event-log/service.ts"
import { byteStringOf } from "../../../contracts/byte-string.ts"
import { type EventId, splitEventId, type Topic } from "../../../contracts/ids.ts"
import { paramValue } from "../../../contracts/wire/params.ts"
import { splitRecord } from "../../../contracts/wire/record.ts"
import type { KeyedRecord } from "./keyed-message.ts"

/** The longest key, in characters; a record with a longer one is passed over. */
export const maxKeyChars = 512

/** How many keys may pass an event on, one after the other. */
export const maxHops = 16

/** The decoded value of the parameter; undefined when it is absent, empty or too long, or when the record has no event. */
export const keyIn = (record: LogRecord, param: string): string | undefined => {
  const event = splitRecord(record.text ?? byteStringOf(record.value))
  return event === undefined ? undefined : usableKey(paramValue(event.params, param))
}

/** The text as a key; undefined when it is absent, empty or too long. */
export const usableKey = (text: string | undefined): string | undefined => {
  const value = text?.toWellFormed()
  return value === undefined || value === "" || value.length > maxKeyChars ? undefined : value
}

/** The key of a record of that topic; undefined for one that no key handles. Never throws. */
export type KeyOf = (record: LogRecord, topic: Topic) => string | undefined

/** Headers of a copied record, besides those of its source. `hops` and `of` (the event's id): of one that was passed on. */
const headers = {
  ...{ at: "at", clock: "clock", source: "source", place: "place" },
  ...{ hops: "hops", of: "of" }
} as const

/**
 * The copy of a record for the topic that is keyed. `clock`: up to which time everything is in that topic, milliseconds
 * since 1970. A record without an event id of Spoor gets one from its place, so that a second copy has no second effect: in
 * the header `id`, or in `place` when the producer has set an `id` of its own, which stays.
 */
export const rekeyedRecord = (
  record: LogRecord,
  key: string,
  source: { readonly topic: Topic; readonly partition: number },
  topic: Topic,
  clock: number
): NewRecord => {
  const { id } = record.headers
  const own = { [headers.at]: String(record.timestamp), [headers.clock]: String(Math.floor(clock)) }
  const copied = { ...record.headers, ...own, [headers.source]: source.topic }
  if (isEventId(id)) return { topic, key, value: record.value, headers: copied }
  const place = placeId(record, source)
  const named = id === undefined ? { id: place } : { [headers.place]: place }
  return { topic, key, value: record.value, headers: { ...copied, ...named } }
}

/** An event as a key passes it on. Times are milliseconds since 1970. */
export interface ForwardedEvent {
  readonly id: string | undefined
  readonly source: Topic
  readonly at: number
  readonly received: number
  readonly hops: number
  readonly value: Uint8Array
}

/** The record of an event that is passed on to a key: `id` is its own for the fences; no earlier event follows `clock`. */
export const forwardedRecord = (
  event: ForwardedEvent,
  key: string,
  topic: Topic,
  id: EventId,
  clock: number
): NewRecord => ({
  ...{ topic, key, value: event.value },
  headers: {
    ...{ id, received: String(event.received), [headers.at]: String(event.at) },
    ...{ [headers.clock]: String(Math.floor(clock)), [headers.source]: event.source },
    ...{ [headers.hops]: String(event.hops) },
    ...(event.id === undefined ? {} : { [headers.of]: event.id })
  }
})

/** The id by which the fences recognise a record and its copies; undefined for none. */
export const fenceIdOf = (record: LogRecord): EventId | undefined => {
  const { id } = record.headers
  return (isEventId(id) ? id : (record.headers[headers.place] ?? id)) as EventId | undefined
}

export const isEventId = (id: string | undefined): boolean =>
  id !== undefined && splitEventId(id) !== undefined

/** An id in the form of an event id for a record without one, from its place and time. */
export const placeId = (
  { offset, timestamp }: LogRecord,
  { topic, partition }: { readonly topic: Topic; readonly partition: number }
): string => {
  const digest = createHash("sha256").update(`${topic}-${partition} ${offset}`).digest("hex")
  return `${Math.max(0, Math.floor(timestamp)).toString(16).padStart(12, "0").slice(-12)}${digest.slice(0, 20)}-0`
}

/** A record of the topic that is keyed. */
export const readRekeyed = (record: LogRecord): KeyedRecord => {
  const [at, clock] = [Number(record.headers[headers.at]), Number(record.headers[headers.clock])]
  const hops = Number(record.headers[headers.hops] ?? 0)
  return {
    ...{ record, key: record.key, source: (record.headers[headers.source] ?? "") as Topic },
    at: Number.isFinite(at) ? at : record.timestamp,
    clock: Number.isFinite(clock) ? clock : Number.NEGATIVE_INFINITY,
    ...(hops > 0 ? { forwarded: { id: record.headers[headers.of], hops } } : {})
  }
}

/** A topic that is read as it is. `hasKeys`: its records have the parameter as their key. */
export interface ReadTopic {
  readonly param: string
  readonly topic: Topic
  readonly hasKeys: boolean
  /** How far the clock stays behind the record's time, milliseconds. */
  readonly delayMs: number
}

/**
 * A record of a topic that is keyed by the parameter already, or has one partition. In the former, one that was stored
 * without a key, or keyed by another parameter, is in any partition and is passed over.
 */
export const readSource = (record: LogRecord, { param, topic, hasKeys, delayMs }: ReadTopic): KeyedRecord => {
  const at = record.timestamp
  const key = keyIn(record, param)
  return {
    ...{ record, source: topic, at, clock: Math.min(at, Date.now()) - delayMs },
    key: hasKeys && record.key !== key ? undefined : key
  }
}
