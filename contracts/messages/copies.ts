/**
 * The wire formats of copies of events and of subscriptions to them. Lines and records are bytes: `bin` in format 2, text
 * with one character per byte in format 1. Publishers write format 1 while a subscriber reads nothing else. Pure.
 */
import { Schema } from "effect"
import { byteStringOf, uint8ArrayOf } from "../byte-string.ts"
import type { ByteString } from "../event.ts"
import { Copies, CopyStage, CopySubscription, EventCopy } from "../event-copy.ts"
import { unreadable } from "./columns.ts"
import { type Format, formatOf, isFormat, newestFormat, newestShared, unknownFormat } from "./format.ts"
import { decode, encode } from "./msgpack.ts"

const EventCopy2 = Schema.Struct({
  ...EventCopy.fields,
  line: Schema.optionalKey(Schema.Uint8Array).annotateKey({
    description:
      "Of raw and rejected: the line as it was claimed, without its line end: bytes (MessagePack bin)."
  }),
  record: Schema.optionalKey(Schema.Uint8Array).annotateKey({
    description: "Of enriched and stored: the record, bytes (MessagePack bin)."
  })
}).annotate({ identifier: "EventCopyV2", description: "One event at one stage." })

export const CopiesMessage1 = Copies
export const CopiesMessage2 = Schema.Struct({
  v: Schema.Literal(2),
  ...Copies.fields,
  events: Schema.Array(EventCopy2)
})

export const SubscriptionMessage1 = CopySubscription
export const SubscriptionMessage2 = Schema.Struct({ v: Schema.Literal(2), ...CopySubscription.fields })

export const writeCopies = (copies: Copies, format: Format): Uint8Array =>
  encode(
    format === 1
      ? copies
      : { v: format, ...copies, events: copies.events.map((event) => withBytes(event, uint8ArrayOf)) }
  )

const isCopies1 = Schema.is(CopiesMessage1)
const isCopies2 = Schema.is(CopiesMessage2)

/** Reads each of our formats. Throws `Failure` "unreadable" or "too-large" for other bytes. */
export const readCopies = (payload: Uint8Array): Copies => {
  const message = decode(payload)
  const format = formatOf(message)
  if (!isFormat(format)) throw unknownFormat("the message with copies", format)
  if (isCopies2(message))
    return { ...message, events: message.events.map((event) => withBytes(event, byteStringOf)) }
  if (isCopies1(message)) return message
  throw unreadable("the message contains no copies of events")
}

interface Copied<Bytes> {
  readonly line?: Bytes
  readonly record?: Bytes
}

const withBytes = <Event extends Copied<From>, From extends ByteString | Uint8Array, To>(
  event: Event,
  convert: (bytes: From) => To
): Omit<Event, keyof Copied<From>> & Copied<To> => {
  const { line, record, ...rest } = event
  return {
    ...rest,
    ...(line === undefined ? {} : { line: convert(line) }),
    ...(record === undefined ? {} : { record: convert(record) })
  }
}

/** A subscription to these stages, of a subscriber that reads all our formats. */
export const writeCopySubscription = (stages: ReadonlyArray<CopyStage>): Uint8Array =>
  encode({ v: newestFormat, stages })

const isSubscription = Schema.is(Schema.Struct({ stages: Schema.Array(CopyStage) }))

/**
 * The stages, and the newest of our formats that the subscriber reads: it names its newest, and reads the one before it
 * too. Throws `Failure` "unreadable" or "too-large" for other bytes.
 */
export const readCopySubscription = (
  payload: Uint8Array
): { readonly stages: ReadonlyArray<CopyStage>; readonly format: Format } => {
  const message = decode(payload)
  const named = formatOf(message)
  const format = named === undefined ? undefined : newestShared([[named - 1, named]])
  if (format === undefined) throw unknownFormat("the copy subscription", named)
  if (!isSubscription(message)) throw unreadable("the message is not a copy subscription")
  return { stages: message.stages, format }
}
