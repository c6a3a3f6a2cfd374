/**
 * The wire formats of a batch of finished records: as in raw-batch.ts, with the bytes of all records in one value. Format 2
 * adds `v`; a reader of format 1 reads it too.
 */
import { Schema } from "effect"
import type { EnrichedBatch } from "../batch.ts"
import type { EnrichedEvent } from "../event.ts"
import { BatchDigest, BatchId, Topic } from "../ids.ts"
import { EventTrace } from "../trace-context.ts"
import { areNumbers, nameTopics, unreadable } from "./columns.ts"
import { type Format, formatOf, isFormat, newestFormat, unknownFormat } from "./format.ts"
import { decode, integer, pack } from "./msgpack.ts"

export const EnrichedMessage1 = Schema.Struct({
  id: BatchId,
  digest: BatchDigest,
  claimed: Schema.Int,
  enriched: Schema.Int,
  /** The topics of the events, each once. */
  topics: Schema.Array(Topic),
  /**
   * Five numbers per event: its index, the index of its topic in `topics`, `received`, the bytes of its value, and 1 when
   * it has a key, else 0.
   */
  numbers: Schema.Array(Schema.Int),
  /** The keys of the events that have one, in order. */
  keys: Schema.Array(Schema.String),
  /** The values of all events, in order, without separators. */
  values: Schema.Uint8Array,
  /** As in `RawBatch`. */
  traces: Schema.optionalKey(Schema.Array(EventTrace))
})

export const EnrichedMessage2 = Schema.Struct({ v: Schema.Literal(2), ...EnrichedMessage1.fields })

const numbersPerEvent = 5

const isOutline = Schema.is(Schema.Struct({ ...EnrichedMessage1.fields, numbers: Schema.Unknown }))
const isEnrichedMessage = (message: unknown): message is typeof EnrichedMessage1.Type =>
  isOutline(message) && areNumbers(message.numbers, numbersPerEvent)

export const writeEnrichedBatch = (batch: EnrichedBatch, format: Format = newestFormat): Uint8Array => {
  const { id, digest, claimed, enriched, events, traces } = batch
  const { topics, placeOf } = nameTopics()
  const numbers: Array<number | bigint> = []
  const keys: Array<string> = []
  const values = new Uint8Array(events.reduce((sum, { value }) => sum + value.length, 0))
  let end = 0
  for (const { index, topic, key, value, received } of events) {
    numbers.push(index, placeOf(topic), integer(received), value.length, key === undefined ? 0 : 1)
    if (key !== undefined) keys.push(key)
    values.set(value, end)
    end += value.length
  }
  const times = { claimed: integer(claimed), enriched: integer(enriched) }
  const columns = { id, digest, ...times, topics, numbers, keys, values }
  const message = format === 1 ? columns : { v: format, ...columns }
  return pack(traces === undefined ? message : { ...message, traces })
}

/** Reads each of our formats. Throws `Failure` "unreadable" or "too-large" for other bytes. */
export const readEnrichedBatch = (payload: Uint8Array): EnrichedBatch => {
  const message = decode(payload)
  const format = formatOf(message)
  if (!isFormat(format)) throw unknownFormat("the batch of records", format)
  if (!isEnrichedMessage(message)) throw unreadable("the message is not a batch of records")
  const { id, digest, claimed, enriched, topics, numbers, keys, values, traces } = message
  const { buffer, byteOffset } = values
  const events: Array<EnrichedEvent> = []
  let at = 0
  let end = 0
  let keyed = 0
  const number = (): number => numbers[at++] ?? 0
  while (at < numbers.length) {
    const index = number()
    const topic = topics[number()]
    const received = number()
    const length = number()
    const hasKey = number() === 1
    if (topic === undefined) throw unreadable("the topic of an event is not in the list of topics")
    if (end + length > values.length) break
    const value = new Uint8Array(buffer, byteOffset + end, length)
    end += length
    const key = hasKey ? keys[keyed++] : undefined
    events.push(
      key === undefined ? { index, topic, value, received } : { index, topic, key, value, received }
    )
  }
  if (end !== values.length || at !== numbers.length || keyed !== keys.length)
    throw unreadable("the lengths of values or keys do not match the numbers of the message")
  const batch = { id, digest, claimed, enriched, events }
  return traces === undefined ? batch : { ...batch, traces }
}
