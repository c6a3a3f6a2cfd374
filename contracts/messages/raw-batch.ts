/**
 * The wire format of a batch of raw events: all numbers in one list and all texts in one string, which avoids field names
 * and thousands of small strings. Plain MessagePack, for any language.
 */
import { Schema } from "effect"
import type { RawBatch } from "../batch.ts"
import { ByteString, type RawEvent } from "../event.ts"
import { BatchDigest, BatchId, Topic } from "../ids.ts"
import { EventTrace } from "../trace-context.ts"
import { areNumbers, nameTopics, unreadable } from "./columns.ts"
import { decode, integer, pack } from "./msgpack.ts"

export const RawMessage = Schema.Struct({
  id: BatchId,
  digest: BatchDigest,
  claimed: Schema.Int,
  /** The topics of the events, each once. */
  topics: Schema.Array(Topic),
  /**
   * Ten numbers per event: its index, its dialect (0 pushtech, 1 adtekio), the index of its topic in `topics`, its ts, and
   * the lengths of its ip, host, pod, path, query and userAgent.
   */
  numbers: Schema.Array(Schema.Int),
  /** These texts of all events, in that order, without separators. */
  texts: ByteString,
  /** As in `RawBatch`. */
  traces: Schema.optionalKey(Schema.Array(EventTrace))
})

const numbersPerEvent = 10

const isOutline = Schema.is(Schema.Struct({ ...RawMessage.fields, numbers: Schema.Unknown }))
const isRawMessage = (message: unknown): message is typeof RawMessage.Type =>
  isOutline(message) && areNumbers(message.numbers, numbersPerEvent)

export const writeRawBatch = ({ id, digest, claimed, events, traces }: RawBatch): Uint8Array => {
  const { topics, placeOf } = nameTopics()
  const numbers: Array<number | bigint> = []
  let texts = ""
  for (const { index, dialect, topic, ts, ip, host, pod, path, query, userAgent } of events) {
    numbers.push(index, dialect === "adtekio" ? 1 : 0, placeOf(topic), integer(ts))
    numbers.push(ip.length, host.length, pod.length, path.length, query.length, userAgent.length)
    texts += ip + host + pod + path + query + userAgent
  }
  const message = { id, digest, claimed: integer(claimed), topics, numbers, texts }
  return pack(traces === undefined ? message : { ...message, traces })
}

/** Throws `Failure` "unreadable" or "too-large" for bytes in another format. */
export const readRawBatch = (payload: Uint8Array): RawBatch => {
  const message = decode(payload)
  if (!isRawMessage(message)) throw unreadable("the message is not a batch of raw events")
  const { id, digest, claimed, topics, numbers, texts, traces } = message
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
