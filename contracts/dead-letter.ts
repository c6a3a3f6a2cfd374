/** A dead letter: an event that could not be processed, with the reason and its exact bytes; the same form for every stage. */
import { Schema } from "effect"
import { RejectedBy, RejectionReason } from "./batch.ts"
import { EventId, Topic } from "./ids.ts"

/** Times are milliseconds since 1970. The line is base64, so that any byte survives JSON. */
export const DeadLetter = Schema.Struct({
  v: Schema.Literal(1),
  id: EventId,
  reason: RejectionReason,
  /** The error, for a person. */
  detail: Schema.optionalKey(Schema.String),
  stage: RejectedBy,
  /** The topic of the event; the default topic when its line cannot be read. */
  topic: Topic,
  /** How often the batch had been attempted by then. */
  attempts: Schema.Int,
  /** The first claim of the batch, and the time at which it was dead-lettered. */
  first: Schema.Int,
  last: Schema.Int,
  line: Schema.Uint8ArrayFromBase64
})
export type DeadLetter = typeof DeadLetter.Type

/** The codec of the texts in the dead-letter list. */
export const DeadLetterJson = Schema.fromJsonString(DeadLetter)
