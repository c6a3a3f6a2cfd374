/** Published when a batch has reached a stage, for observers: at most once, never waited for. */
import { Schema } from "effect"
import { Stage } from "./event.ts"
import { BatchId, Topic } from "./ids.ts"

/** So many events of a batch reached a stage, of one topic. */
export const BatchProgress = Schema.Struct({
  stage: Stage,
  topic: Topic,
  batch: BatchId,
  at: Schema.Int.annotateKey({ description: "When they reached it, milliseconds since 1970." }),
  count: Schema.Int.annotateKey({ description: "The number of events of this topic." }),
  reasons: Schema.optionalKey(Schema.Record(Schema.String, Schema.Int)).annotateKey({
    description: "Of rejected: the number of rejections for each reason."
  })
})
export type BatchProgress = typeof BatchProgress.Type

/** `spoor.events.<stage>.<topic>`; a dot in a topic's name stays, so subscribe with `>` after the stage. */
export const batchProgressSubject = (stage: Stage, topic: Topic): string => `spoor.events.${stage}.${topic}`
