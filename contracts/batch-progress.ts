/** Published when a batch has reached a stage, for observers: at most once, never waited for. */
import { Schema } from "effect"
import { Stage } from "./event.ts"
import { BatchId, Topic } from "./ids.ts"

/** So many events of a batch reached a stage, of one topic. */
export const BatchProgress = Schema.Struct({
  stage: Stage,
  topic: Topic,
  batch: BatchId,
  /** Milliseconds since 1970. */
  at: Schema.Int,
  count: Schema.Int,
  /** The number of rejections for each reason. */
  reasons: Schema.optionalKey(Schema.Record(Schema.String, Schema.Int))
})
export type BatchProgress = typeof BatchProgress.Type

/** `spoor.events.<stage>.<topic>`; a dot in a topic's name stays, so subscribe with `>` after the stage. */
export const batchProgressSubject = (stage: Stage, topic: Topic): string => `spoor.events.${stage}.${topic}`
