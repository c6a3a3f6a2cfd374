/** An event that could not be processed, set aside with its reason and its exact bytes: one envelope for every stage. */
import { Schema } from "effect"
import { RejectedBy, RejectionReason } from "./batch.ts"
import { EventId, Topic } from "./ids.ts"

/** Times are milliseconds since 1970. The bytes of the line are base64, so that any byte survives JSON. */
export const DeadLetter = Schema.Struct({
  v: Schema.Literal(1),
  id: EventId,
  reason: RejectionReason,
  /** What was said, for a person. */
  detail: Schema.optionalKey(Schema.String),
  stage: RejectedBy,
  /** Where it was on its way to; the standard topic when its line cannot be read. */
  topic: Topic,
  /** How often the batch had been tried when this was decided. */
  attempts: Schema.Int,
  /** First claim of the batch, and the moment it was set aside. */
  first: Schema.Int,
  last: Schema.Int,
  line: Schema.Uint8ArrayFromBase64
})
export type DeadLetter = typeof DeadLetter.Type

/** The text that stands in the dead-letter list, and back. */
export const DeadLetterJson = Schema.fromJsonString(DeadLetter)
