/**
 * How a batch of raw events travels: all its numbers in one list and all its texts in one, so that neither names of
 * fields nor thousands of small strings are written, sent and read again. Plain MessagePack, for any language.
 */
import { Schema } from "effect"
import type { RawBatch } from "../batch.ts"
import { ByteString, type RawEvent } from "../event.ts"
import { BatchDigest, BatchId, Topic } from "../ids.ts"
import { areNumbers, nameTopics, unreadable } from "./columns.ts"
import { decode, encode } from "./msgpack.ts"

export const RawMessage = Schema.Struct({
  id: BatchId,
  digest: BatchDigest,
  claimed: Schema.Int,
  /** Where the events are on their way to, each topic once. */
  topics: Schema.Array(Topic),
  /**
   * Ten numbers of each event, one event behind the other: its index, its dialect (0 pushtech, 1 adtekio), the place of
   * its topic in `topics` (from 0), its ts, and how many characters its ip, host, pod, path, query and userAgent have.
   */
  numbers: Schema.Array(Schema.Int),
  /** These texts of all events, in that order, with nothing between them. */
  texts: ByteString
})

const numbersOfEach = 10

const isOutline = Schema.is(Schema.Struct({ ...RawMessage.fields, numbers: Schema.Unknown }))
const isRawMessage = (message: unknown): message is typeof RawMessage.Type =>
  isOutline(message) && areNumbers(message.numbers, numbersOfEach)

export const writeRawBatch = ({ id, digest, claimed, events }: RawBatch): Uint8Array => {
  const { topics, placeOf } = nameTopics()
  const numbers: Array<number> = []
  let texts = ""
  for (const { index, dialect, topic, ts, ip, host, pod, path, query, userAgent } of events) {
    numbers.push(index, dialect === "adtekio" ? 1 : 0, placeOf(topic), ts)
    numbers.push(ip.length, host.length, pod.length, path.length, query.length, userAgent.length)
    texts += ip + host + pod + path + query + userAgent
  }
  return encode({ id, digest, claimed, topics, numbers, texts })
}

/** Throws `Failure` "unreadable" or "too-large" for bytes that are no such message. */
export const readRawBatch = (payload: Uint8Array): RawBatch => {
  const message = decode(payload)
  if (!isRawMessage(message)) throw unreadable("no batch of raw events")
  const { id, digest, claimed, topics, numbers, texts } = message
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
    if (topic === undefined) throw unreadable("an event whose topic is not among the topics")
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
  if (end !== texts.length) throw unreadable("its texts are not as long as its numbers say")
  return { id, digest, claimed, events }
}
