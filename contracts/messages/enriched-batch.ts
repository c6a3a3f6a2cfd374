/**
 * The wire formats of a batch of finished records: as in raw-batch.ts, with the bytes of all records in one value. Format 2
 * adds `v`; a reader of format 1 reads it too.
 */
import { Schema } from "effect"
import type { EnrichedBatch } from "../batch.ts"
import type { EnrichedEvent } from "../event.ts"
import { BatchDigest, BatchId, Topic } from "../ids.ts"
import { EventTrace } from "../trace-context.ts"
import { areNumbers, nameTopics, unreadable, Whole } from "./columns.ts"
import { type Format, formatOf, isFormat, newestFormat, unknownFormat } from "./format.ts"
import { decode, integer, pack } from "./msgpack.ts"

export const EnrichedMessage1 = Schema.Struct({
  id: BatchId.annotateKey({ description: "The id of the batch; all its parts and retries have it." }),
  digest: BatchDigest.annotateKey({
    description: "The digest of the batch's lines; a receipt must repeat it."
  }),
  claimed: Schema.Int.annotateKey({
    description: "When the drainer claimed the batch, milliseconds since 1970."
  }),
  enriched: Schema.Int.annotateKey({
    description: "When the enricher made the records, milliseconds since 1970."
  }),
  topics: Schema.Array(Topic).annotateKey({ description: "The topics of the events, each once." }),
  numbers: Schema.Array(Whole).annotateKey({
    description:
      "Five integers per event, none negative: its index in the batch, the index of its topic in `topics`, when the edge received it (milliseconds since 1970), the length of its record in `values` (bytes), and 1 when it has a key, else 0."
  }),
  keys: Schema.Array(Schema.String).annotateKey({
    description: "The record keys of the events that have one, in order."
  }),
  values: Schema.Uint8Array.annotateKey({
    description:
      "The records of all events, `event meta params` each, in order, without separators: bytes (MessagePack bin) in both formats."
  }),
  traces: Schema.optionalKey(Schema.Array(EventTrace)).annotateKey({
    description: "The clients' traces of some of the events; absent when no event has one."
  })
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
