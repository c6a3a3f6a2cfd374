/** The key of a record, and a record as the re-keyer copies it: with its key, and where and when the log stored it first. Pure. */
import { createHash } from "node:crypto"
import type { LogRecord, NewRecord } from "../../../bridge/event-log/service.ts"
import { byteStringOf } from "../../../contracts/byte-string.ts"
import { type EventId, splitEventId, type Topic } from "../../../contracts/ids.ts"
import { paramValue } from "../../../contracts/wire/params.ts"
import { splitRecord } from "../../../contracts/wire/record.ts"
import type { KeyedRecord } from "./keyed-message.ts"

/** The longest key, in characters; a record with a longer one is passed over. */
export const maxKeyChars = 512

/** The decoded value of the parameter; undefined when it is absent, empty or too long, or when the record has no event. */
export const keyIn = (record: LogRecord, param: string): string | undefined => {
  const event = splitRecord(record.text ?? byteStringOf(record.value))
  const value = event === undefined ? undefined : paramValue(event.params, param)?.toWellFormed()
  return value === undefined || value === "" || value.length > maxKeyChars ? undefined : value
}

/** Headers of a copied record, besides those of its source. */
const headers = { at: "at", clock: "clock", source: "source", place: "place" } as const

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
  return {
    ...{ record, key: record.key, source: (record.headers[headers.source] ?? "") as Topic },
    at: Number.isFinite(at) ? at : record.timestamp,
    clock: Number.isFinite(clock) ? clock : Number.NEGATIVE_INFINITY
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
