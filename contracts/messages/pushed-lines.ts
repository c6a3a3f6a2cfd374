/** The messages by which an edge pushes lines to the queue of a centre, and the reply. Pure. */
import { Schema } from "effect"
import { FailureReason } from "../failure.ts"

export const pushSubject = "spoor.push"
export const pushQueue = "push"

/** Lines for the queue. The queue stores the lines of one `id` once. */
export const PushedLines2 = Schema.Struct({
  v: Schema.Literal(2),
  /** 26 characters that the edge chooses; the same through every retry. */
  id: Schema.String.check(Schema.isPattern(/^[0-9A-Za-z]{26}$/)),
  /** The bytes of each line, without its line end. */
  lines: Schema.Array(Schema.Uint8Array),
  /** The default topic of these lines at the edge. */
  defaultTopic: Schema.optionalKey(Schema.String)
})
export type PushedLines = typeof PushedLines2.Type

/** `count`: the number of lines that the queue has now. */
export const PushedReply2 = Schema.Union([
  Schema.Struct({
    v: Schema.Literal(2),
    pushed: Schema.Struct({ id: Schema.String, count: Schema.Int })
  }),
  Schema.Struct({
    v: Schema.Literal(2),
    failure: Schema.Struct({ reason: FailureReason, message: Schema.String }),
    /** As in a reply to a batch. */
    formats: Schema.optionalKey(Schema.Array(Schema.Int))
  })
])
export type PushedReply = typeof PushedReply2.Type
