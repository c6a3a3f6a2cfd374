/**
 * A dead letter: an event that could not be processed, with the reason and its exact bytes; the same form for every stage.
 * That of the stage `deliverer` holds a delivery instead of a line, as JSON (`contracts/reactions/dead-delivery.ts`).
 */
import { Schema, SchemaTransformation } from "effect"
import { RejectedBy, RejectionReason } from "./batch.ts"
import { EventId, Topic } from "./ids.ts"

/** The actor at which an event, or a reaction to one, ended. */
export const DeadLetterStage = Schema.Literals([...RejectedBy.literals, "deliverer"]).annotate({
  identifier: "DeadLetterStage",
  description: "The actor that rejected an event; deliverer: that could not deliver a reaction."
})
export type DeadLetterStage = typeof DeadLetterStage.Type

/** Why: a fixed list, to count and search by. */
export const DeadLetterReason = Schema.Literals([
  ...RejectionReason.literals,
  /** The deliverer gave a delivery up; `line` is the delivery. */
  "not delivered"
]).annotate({
  identifier: "DeadLetterReason",
  description: "Why an event is rejected, or not delivered; a fixed list, to count and search by."
})
export type DeadLetterReason = typeof DeadLetterReason.Type

/** The topic under which the dead letters of deliveries are counted. It is not one of the log. */
export const reactionsTopic = "reactions" as Topic

/** The exact bytes of a line, in base64. */
const Line = Schema.String.annotate({
  contentEncoding: "base64",
  description: "The exact bytes of the line, in base64."
}).pipe(Schema.decodeTo(Schema.Uint8Array, SchemaTransformation.uint8ArrayFromBase64String))

/** Times are milliseconds since 1970. The line is base64, so that any byte survives JSON. */
export const DeadLetter = Schema.Struct({
  v: Schema.Literal(1),
  id: EventId,
  reason: DeadLetterReason,
  detail: Schema.optionalKey(Schema.String).annotateKey({ description: "The error, for a person." }),
  stage: DeadLetterStage,
  topic: Topic.annotateKey({
    description: "The topic of the event; the default topic when its line cannot be read."
  }),
  attempts: Schema.Int.annotateKey({
    description: "How often the batch, or the delivery, had been attempted by then."
  }),
  first: Schema.Int.annotateKey({
    description: "The first claim of the batch, or when the delivery was made, milliseconds since 1970."
  }),
  last: Schema.Int.annotateKey({ description: "When it was dead-lettered, milliseconds since 1970." }),
  line: Line
})
export type DeadLetter = typeof DeadLetter.Type

/** The codec of the texts in the dead-letter list. */
export const DeadLetterJson = Schema.fromJsonString(DeadLetter)
