/**
 * An event on its way: as it was read from a line (raw), and as the finished record that Kafka gets (enriched).
 *
 * A line may hold any byte, and its bytes must come out unchanged. Texts of a line are therefore carried as
 * `ByteString`: a string with one character (U+0000 to U+00FF) per byte, that is ISO 8859-1. Plain ASCII looks like itself.
 */
import { Schema } from "effect"
import { Topic } from "./ids.ts"

/** The bytes of a text, one character per byte (ISO 8859-1). */
export const ByteString = Schema.String.pipe(Schema.brand("ByteString"))
export type ByteString = typeof ByteString.Type

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/** The UTF-8 bytes of a text. A lone surrogate becomes U+FFFD. */
export const bytesOf = (text: string): ByteString => {
  if (!/[^ -~]/.test(text)) return text as ByteString
  let bytes = ""
  for (const byte of encoder.encode(text)) bytes += String.fromCharCode(byte)
  return bytes as ByteString
}

/** The text that the bytes are in UTF-8; what is not UTF-8 becomes U+FFFD. Never throws. */
export const textOf = (bytes: ByteString): string => {
  if (!/[^ -~]/.test(bytes)) return bytes
  const plain = new Uint8Array(bytes.length)
  for (let at = 0; at < bytes.length; at++) plain[at] = bytes.charCodeAt(at)
  return decoder.decode(plain)
}

/** Which of the two wire dialects of the external contract a line is written in, and so its record. */
export const Dialect = Schema.Literals(["pushtech", "adtekio"])
export type Dialect = typeof Dialect.Type

/** One line of the queue, taken apart. */
export const RawEvent = Schema.Struct({
  /** Place in its batch, from 0. With the batch's id it makes the event's id. */
  index: Schema.Int,
  dialect: Dialect,
  topic: Topic,
  /** The client's address as the line has it; checked to be IPv4 or IPv6. */
  ip: Schema.String,
  /** When the edge took it: milliseconds (pushtech) or seconds (adtekio) since 1970, as the dialect has it. */
  ts: Schema.Int,
  /** Host and pod are empty in the adtekio dialect, which has neither. */
  host: ByteString,
  pod: ByteString,
  /** Begins with `/`. */
  path: ByteString,
  /** As it stands in the line, with `e` or `p` for an empty one. */
  query: ByteString,
  /** May be empty; keeps its own spaces. */
  userAgent: ByteString
})
export type RawEvent = typeof RawEvent.Type

/** One event, finished: what Kafka stores of it. */
export const EnrichedEvent = Schema.Struct({
  index: Schema.Int,
  topic: Topic,
  /** The record's key, if `KAFKA_KEY_PARAM` names a parameter that the event has. */
  key: Schema.optionalKey(Schema.String),
  /** The record, `event meta params`, byte for byte. */
  value: Schema.Uint8Array,
  /** When the edge took it, milliseconds since 1970. */
  received: Schema.Int
})
export type EnrichedEvent = typeof EnrichedEvent.Type

/** Where events enter, for facts and dead letters. */
export const Stage = Schema.Literals(["received", "enriched", "stored", "rejected"])
export type Stage = typeof Stage.Type
