/** Lines that an edge pushes to the centre's queue, and the reply: MessagePack, format 2. */
import { Schema } from "effect"
import { Failure, FailureReason } from "../failure.ts"
import { PushId } from "../ids.ts"
import { decode, encode } from "./msgpack.ts"

/** The subject and the queue group of the receivers in the centre. */
export const pushSubject = "spoor.push"

/** The lines of one push: bytes as trackers push them to the queue. `id` stays the same in every retry. */
export interface PushedLines {
  readonly id: PushId
  readonly lines: ReadonlyArray<Uint8Array>
}

const Reply = Schema.Union([
  Schema.Struct({ pushed: Schema.Struct({ id: PushId, count: Schema.Int }) }),
  Schema.Struct({ failure: Schema.Struct({ reason: FailureReason, message: Schema.String }) })
])

const isReply = Schema.is(Reply)

export const writePushedLines = ({ id, lines }: PushedLines): Uint8Array => encode({ v: 2, id, lines })

/** Returns when the reply says that the queue has exactly these lines. Throws the `Failure` of the reply, or "unreadable". */
export const checkPushedReply = (payload: Uint8Array, { id, lines }: PushedLines): void => {
  const reply = decode(payload)
  if (!isReply(reply)) throw unreadable("it is in another format")
  if ("failure" in reply) throw new Failure(reply.failure)
  if (reply.pushed.id !== id) throw unreadable("it is for another push")
  if (reply.pushed.count !== lines.length) throw unreadable("it is for another number of lines")
}

const unreadable = (what: string): Failure =>
  new Failure({ reason: "unreadable", message: `The reply to pushed lines cannot be used: ${what}.` })
