/**
 * The reply to a batch: its receipt, or the failure. A responder replies in the format of the request, or in its newest
 * one when it does not know that format. Pure.
 */
import { Schema } from "effect"
import { Receipt } from "../batch.ts"
import { FailureReason } from "../failure.ts"
import { unreadable } from "./columns.ts"
import { type Format, formatOf, isFormat, unknownFormat } from "./format.ts"
import { decode, encode } from "./msgpack.ts"

const Stored = Schema.Struct({ receipt: Receipt })

/** A failure as every reply carries it. */
export const FailedReply = Schema.Struct({
  reason: FailureReason,
  message: Schema.String.annotateKey({ description: "What is wrong and what to do, for a person." })
}).annotate({
  identifier: "FailedReply",
  description: "Why there is no result. The batch is not lost: the requester keeps it."
})

/** The formats that a responder reads, beside the failure `unreadable`: the sender then writes one of them. */
export const readFormats = Schema.optionalKey(Schema.Array(Schema.Int)).annotateKey({
  description:
    "The formats of the request that the responder reads; with the reason `unreadable`. The requester then writes one of them."
})

const Failed = Schema.Struct({ failure: FailedReply })
const formats = readFormats

/** The receipt, or the failure. */
export const Reply1 = Schema.Union([Stored, Schema.Struct({ ...Failed.fields, formats })])
/** The same in format 2. */
export const Reply2 = Schema.Union([
  Schema.Struct({ v: Schema.Literal(2), ...Stored.fields }),
  Schema.Struct({ v: Schema.Literal(2), ...Failed.fields, formats })
])
/** A reply in any format, as it is handled: without its version. */
export type Reply = typeof Reply1.Type

/** The bytes of the reply in that format. */
export const writeReply = (reply: Reply, format: Format): Uint8Array =>
  encode(format === 1 ? reply : { v: format, ...reply })

const isReply = Schema.is(Reply1)

/** Reads each of our formats. Throws `Failure` "unreadable" or "too-large" for other bytes. */
export const readReply = (payload: Uint8Array): Reply => {
  const reply = decode(payload)
  const format = formatOf(reply)
  if (!isFormat(format)) throw unknownFormat("the reply", format)
  if (!isReply(reply)) throw unreadable("the reply is neither a receipt nor a failure")
  return reply
}
