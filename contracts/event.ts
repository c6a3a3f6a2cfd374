/**
 * An event in its two forms: parsed from a line (raw), and the finished record for Kafka (enriched).
 *
 * A line may contain any byte, and its bytes must stay unchanged. Texts of a line are therefore `ByteString`: a string
 * with one character (U+0000 to U+00FF) per byte, that is ISO 8859-1. ASCII text is the same in both.
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

/** The bytes decoded as UTF-8; invalid sequences become U+FFFD. Never throws. */
export const textOf = (bytes: ByteString): string => {
  if (!/[^ -~]/.test(bytes)) return bytes
  const plain = new Uint8Array(bytes.length)
  for (let at = 0; at < bytes.length; at++) plain[at] = bytes.charCodeAt(at)
  return decoder.decode(plain)
}

/** The two dialects of lines and records in the external contract. */
export const Dialect = Schema.Literals(["pushtech", "adtekio"])
export type Dialect = typeof Dialect.Type

/** One parsed line of the queue. */
export const RawEvent = Schema.Struct({
  /** Place in the batch, from 0. The event's id consists of it and the batch's id. */
  index: Schema.Int,
  dialect: Dialect,
  topic: Topic,
  /** The client's address as written in the line: valid IPv4 or IPv6. */
  ip: Schema.String,
  /** When the edge received it, since 1970: milliseconds (pushtech) or seconds (adtekio). */
  ts: Schema.Int,
  /** Host and pod are empty in the adtekio dialect. */
  host: ByteString,
  pod: ByteString,
  /** Begins with `/`. */
  path: ByteString,
  /** As written in the line, with `e` or `p` for an empty one. */
  query: ByteString,
  /** May be empty; may contain spaces. */
  userAgent: ByteString
})
export type RawEvent = typeof RawEvent.Type

/** One finished event, as Kafka stores it. */
export const EnrichedEvent = Schema.Struct({
  index: Schema.Int,
  topic: Topic,
  /** The record's key, when the event has the parameter that `KAFKA_KEY_PARAM` names. */
  key: Schema.optionalKey(Schema.String),
  /** The record, `event meta params`, byte for byte. */
  value: Schema.Uint8Array,
  /** When the edge received it, milliseconds since 1970. */
  received: Schema.Int
})
export type EnrichedEvent = typeof EnrichedEvent.Type

/** The stages of batch progress messages. */
export const Stage = Schema.Literals(["received", "enriched", "stored", "rejected"]).annotate({
  identifier: "Stage",
  description: "How far the events of a batch are."
})
export type Stage = typeof Stage.Type
