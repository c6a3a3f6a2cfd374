/**
 * Lines that an edge pushes to a queue in a centre, over NATS or as the body of an HTTP request, and the reply. The edge
 * chooses the id once and repeats it in every retry; the queue stores the lines of one id once.
 */
import { Schema } from "effect"
import { byteStringOf, uint8ArrayOf } from "../byte-string.ts"
import { ByteString } from "../event.ts"
import { Failure } from "../failure.ts"
import { PushId, Topic } from "../ids.ts"
import { unreadable } from "./columns.ts"
import { decode, encode } from "./msgpack.ts"
import { FailedReply, readFormats } from "./reply.ts"

export const pushSubject = "spoor.push"
export const pushQueue = "push"

/** Crockford's base 32, as ULIDs use it. */
const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

/** A new id, a ULID: its first 10 characters are `now` (milliseconds since 1970), so that ids sort by age. */
export const newPushId = (now = Date.now()): PushId => {
  let time = ""
  for (let rest = now; time.length < 10; rest = Math.floor(rest / 32)) time = digits.charAt(rest % 32) + time
  const random = crypto.getRandomValues(new Uint8Array(16))
  return (time + Array.from(random, (byte) => digits.charAt(byte % 32)).join("")) as PushId
}

/** The message on the wire. */
export const PushedLinesMessage = Schema.Struct({
  v: Schema.Literal(2),
  id: PushId.annotateKey({ description: "Chosen by the edge, the same in every retry." }),
  lines: Schema.Array(Schema.Uint8Array).annotateKey({
    description: "Lines in the pushtech or adtekio dialect, each as its exact bytes, without a line end."
  }),
  defaultTopic: Schema.optionalKey(Topic).annotateKey({
    description:
      "KAFKA_TOPIC of the edge: the push is refused when the centre has another one. Absent: not checked."
  })
}).annotate({
  title: "pushed-lines",
  description: "Lines from an edge for the queue of a centre."
})

/** The lines of one push as the queue takes them. */
export const PushedLines = Schema.Struct({
  id: PushId,
  lines: Schema.Array(ByteString),
  defaultTopic: Schema.optionalKey(Topic)
})
export type PushedLines = typeof PushedLines.Type

/** The lines of `id` are in the queue, now or from an earlier try; `count` is the number of lines in the request. */
export const Pushed = Schema.Struct({
  id: PushId.annotateKey({ description: "The id of the request." }),
  count: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)).annotateKey({
    description: "The number of lines in the request, which the queue now holds."
  })
}).annotate({
  identifier: "Pushed",
  description: "The queue holds all lines of the request, from this try or an earlier one."
})
export type Pushed = typeof Pushed.Type

/** The reply on the wire. */
export const PushedReply = Schema.Union([
  Schema.Struct({ v: Schema.Literal(2), pushed: Pushed }),
  Schema.Struct({
    v: Schema.Literal(2),
    failure: FailedReply,
    formats: readFormats
  })
]).annotate({
  title: "pushed-reply",
  description: "The queue holds the lines, or why it does not."
})
export type PushedReply = typeof PushedReply.Type

export const writePushedLines = ({ id, lines, defaultTopic }: PushedLines): Uint8Array =>
  encode({
    v: 2,
    id,
    lines: lines.map(uint8ArrayOf),
    ...(defaultTopic === undefined ? {} : { defaultTopic })
  })

const isPushedLines = Schema.is(PushedLinesMessage)

/** Throws `Failure` "unreadable" or "too-large" for bytes in another format. */
export const readPushedLines = (payload: Uint8Array): PushedLines => {
  const message = decode(payload)
  if (!isPushedLines(message)) throw unreadable("the message is not a push of lines in format 2")
  const { id, defaultTopic } = message
  const lines = message.lines.map(byteStringOf)
  return defaultTopic === undefined ? { id, lines } : { id, lines, defaultTopic }
}

/** The formats in which a push can be read. */
export const pushFormats: ReadonlyArray<number> = [2]

/** The reply with the result, or with a failure. A failure to read a push names the formats that can be read. */
export const writePushedReply = (answer: Pushed | Failure): Uint8Array => {
  if (!(answer instanceof Failure)) return encode({ v: 2, pushed: answer })
  const failure = { reason: answer.reason, message: answer.message }
  return encode({ v: 2, failure, ...(answer.reason === "unreadable" ? { formats: pushFormats } : {}) })
}

const isPushedReply = Schema.is(PushedReply)

/**
 * Checks that the reply confirms all lines of this request. Throws the failure that the centre replied, or `Failure`
 * "unreadable" for a reply that is not one to this request: the lines must then be pushed again, with the same id.
 */
export const readPushedReply = (
  payload: Uint8Array,
  { id, lines }: Pick<PushedLines, "id" | "lines">
): Pushed => {
  const reply = decode(payload)
  if (!isPushedReply(reply)) throw unreadable("the reply is not one to a push of lines in format 2")
  if ("failure" in reply) throw new Failure(reply.failure)
  if (reply.pushed.id !== id || reply.pushed.count !== lines.length)
    throw unreadable(
      `the reply confirms ${reply.pushed.count} lines of ${reply.pushed.id} instead of ${lines.length} lines of ${id}`
    )
  return reply.pushed
}
