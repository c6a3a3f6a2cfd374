/**
 * The messages of an enrichment step: a service in any language that adds parameters to finished records. The request is
 * an enriched batch in format 2; the reply names the events that get parameters. Pure.
 */
import { Schema } from "effect"
import { FailureReason } from "../failure.ts"
import { BatchDigest, BatchId } from "../ids.ts"
import { EnrichedMessage2 } from "./enriched-batch.ts"

/** The subject of a step, and its queue group. `name`: letters, digits, `_` and `-`. */
export const stepSubject = (name: string): string => `spoor.step.${name}`
/** The queue group of a step. */
export const stepQueue = (name: string): string => `step-${name}`

/** At most this many bytes of parameters, names and values together as UTF-8, may be added to one event. */
export const maxStepBytesPerEvent = 8 * 1024

/** What a step is asked: a batch with its finished records. */
export const StepRequest2 = EnrichedMessage2

/** What a step adds: `id` and `digest` repeat the request. */
export const StepResult = Schema.Struct({
  id: BatchId,
  digest: BatchDigest,
  /** Only the events that get parameters; `index` as in the request, each at most once. */
  added: Schema.Array(
    Schema.Struct({ index: Schema.Int, params: Schema.Record(Schema.String, Schema.String) })
  ),
  /** The events that the step cannot process, each with a sentence. */
  failed: Schema.Array(Schema.Struct({ index: Schema.Int, message: Schema.String }))
})
export type StepResult = typeof StepResult.Type

/** What a step answers: the parameters, or a failure. */
export const StepReply2 = Schema.Union([
  Schema.Struct({ v: Schema.Literal(2), step: StepResult }),
  Schema.Struct({
    v: Schema.Literal(2),
    failure: Schema.Struct({ reason: FailureReason, message: Schema.String }),
    /** As in a reply to a batch. */
    formats: Schema.optionalKey(Schema.Array(Schema.Int))
  })
])
export type StepReply = typeof StepReply2.Type
