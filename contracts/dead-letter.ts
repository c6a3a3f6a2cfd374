/** A dead letter: an event that could not be processed, with the reason and its exact bytes; the same form for every stage. */
import { Schema, SchemaTransformation } from "effect"
import { RejectedBy, RejectionReason } from "./batch.ts"
import { EventId, Topic } from "./ids.ts"

/** The exact bytes of a line, in base64. */
const Line = Schema.String.annotate({
  contentEncoding: "base64",
  description: "The exact bytes of the line, in base64."
}).pipe(Schema.decodeTo(Schema.Uint8Array, SchemaTransformation.uint8ArrayFromBase64String))

/** Times are milliseconds since 1970. The line is base64, so that any byte survives JSON. */
export const DeadLetter = Schema.Struct({
  v: Schema.Literal(1),
  id: EventId,
  reason: RejectionReason,
  detail: Schema.optionalKey(Schema.String).annotateKey({ description: "The error, for a person." }),
  stage: RejectedBy,
  topic: Topic.annotateKey({
    description: "The topic of the event; the default topic when its line cannot be read."
  }),
  attempts: Schema.Int.annotateKey({ description: "How often the batch had been attempted by then." }),
  first: Schema.Int.annotateKey({ description: "The first claim of the batch, milliseconds since 1970." }),
  last: Schema.Int.annotateKey({ description: "When it was dead-lettered, milliseconds since 1970." }),
  line: Line
})
export type DeadLetter = typeof DeadLetter.Type

/** The codec of the texts in the dead-letter list. */
export const DeadLetterJson = Schema.fromJsonString(DeadLetter)
