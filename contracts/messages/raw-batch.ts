/**
 * The wire formats of a batch of raw events: all numbers in one list and all texts in one value, which avoids field names
 * and thousands of small strings. Plain MessagePack, for any language. The texts are bytes: `bin` in format 2, text with
 * one character per byte in format 1.
 */
import { Schema } from "effect"
import type { RawBatch } from "../batch.ts"
import { byteStringOf, uint8ArrayOf } from "../byte-string.ts"
import { ByteString, type RawEvent } from "../event.ts"
import { BatchDigest, BatchId, Topic } from "../ids.ts"
import { EventTrace } from "../trace-context.ts"
import { areNumbers, nameTopics, unreadable, Whole } from "./columns.ts"
import { type Format, formatOf, isFormat, newestFormat, unknownFormat } from "./format.ts"
import { decode, integer, pack } from "./msgpack.ts"

const fields = {
  id: BatchId.annotateKey({ description: "The id of the batch; all its parts and retries have it." }),
  digest: BatchDigest.annotateKey({
    description: "The digest of the batch's lines; a receipt must repeat it."
  }),
  claimed: Schema.Int.annotateKey({
    description: "When the drainer claimed the batch, milliseconds since 1970."
  }),
  topics: Schema.Array(Topic).annotateKey({ description: "The topics of the events, each once." }),
  numbers: Schema.Array(Whole).annotateKey({
    description:
      "Ten integers per event, none negative: its index in the batch, its dialect (0 pushtech, 1 adtekio), the index of its topic in `topics`, its ts (milliseconds since 1970 in pushtech, seconds in adtekio), and the lengths of its ip, host, pod, path, query and user agent in `texts`, bytes."
  }),
  traces: Schema.optionalKey(Schema.Array(EventTrace)).annotateKey({
    description: "The clients' traces of some of the events; absent when no event has one."
  })
}

export const RawMessage1 = Schema.Struct({
  ...fields,
  texts: ByteString.annotateKey({
    description:
      "The texts of all events in that order, without separators: text with one character (U+0000 to U+00FF) per byte."
  })
})
export const RawMessage2 = Schema.Struct({
  v: Schema.Literal(2),
  ...fields,
  texts: Schema.Uint8Array.annotateKey({
    description:
      "The texts of all events in that order, without separators: bytes (MessagePack bin), in any encoding."
  })
})

const numbersPerEvent = 10

const isOutline1 = Schema.is(Schema.Struct({ ...RawMessage1.fields, numbers: Schema.Unknown }))
const isOutline2 = Schema.is(Schema.Struct({ ...RawMessage2.fields, numbers: Schema.Unknown }))
const isRawMessage = (message: unknown): message is typeof RawMessage1.Type | typeof RawMessage2.Type =>
  (isOutline2(message) || isOutline1(message)) && areNumbers(message.numbers, numbersPerEvent)

export const writeRawBatch = (batch: RawBatch, format: Format = newestFormat): Uint8Array => {
  const { id, digest, claimed, events, traces } = batch
  const { topics, placeOf } = nameTopics()
  const numbers: Array<number | bigint> = []
  let texts = ""
  for (const { index, dialect, topic, ts, ip, host, pod, path, query, userAgent } of events) {
    numbers.push(index, dialect === "adtekio" ? 1 : 0, placeOf(topic), integer(ts))
    numbers.push(ip.length, host.length, pod.length, path.length, query.length, userAgent.length)
    texts += ip + host + pod + path + query + userAgent
  }
  const columns = { id, digest, claimed: integer(claimed), topics, numbers }
  const bytes = texts as ByteString
  const message =
    format === 1 ? { ...columns, texts: bytes } : { v: format, ...columns, texts: uint8ArrayOf(bytes) }
  return pack(traces === undefined ? message : { ...message, traces })
}

/** Reads each of our formats. Throws `Failure` "unreadable" or "too-large" for other bytes. */
export const readRawBatch = (payload: Uint8Array): RawBatch => {
  const message = decode(payload)
  const format = formatOf(message)
  if (!isFormat(format)) throw unknownFormat("the batch of raw events", format)
  if (!isRawMessage(message)) throw unreadable("the message is not a batch of raw events")
  const { id, digest, claimed, topics, numbers, traces } = message
  const texts = typeof message.texts === "string" ? message.texts : byteStringOf(message.texts)
  const events: Array<RawEvent> = []
  let at = 0
  let end = 0
  const number = (): number => numbers[at++] ?? 0
  const text = (): ByteString => {
    const start = end
    end += number()
    return texts.slice(start, end) as ByteString
  }
  while (at < numbers.length) {
    const index = number()
    const dialect = number() === 1 ? "adtekio" : "pushtech"
    const topic = topics[number()]
    if (topic === undefined) throw unreadable("the topic of an event is not in the list of topics")
    events.push({
      index,
      dialect,
      topic,
      ts: number(),
      ip: text(),
      host: text(),
      pod: text(),
      path: text(),
      query: text(),
      userAgent: text()
    })
  }
  if (end !== texts.length) throw unreadable("the lengths of texts do not match the numbers of the message")
  return traces === undefined ? { id, digest, claimed, events } : { id, digest, claimed, events, traces }
}
