/**
 * An enrichment step: a service in any language that the enricher asks for further parameters of finished records. The
 * request is an enriched batch in format 2; the reply names the events that get parameters and those that it refuses.
 */
import { Schema } from "effect"
import type { BatchName, EnrichedBatch } from "../batch.ts"
import { Failure } from "../failure.ts"
import { BatchDigest, BatchId } from "../ids.ts"
import { unreadable, Whole } from "./columns.ts"
import { EnrichedMessage2, readEnrichedBatch, writeEnrichedBatch } from "./enriched-batch.ts"
import { decode, encode } from "./msgpack.ts"
import { FailedReply, readFormats } from "./reply.ts"

/** The subject of a step; `name` as in ENRICH_STEPS. */
export const stepSubject = (name: string): string => `spoor.step.${name}`

/** The queue group that all instances of a step share. */
export const stepQueue = (name: string): string => `step-${name}`

/** The limit of the parameters that one step adds to one event: names and values in UTF-8, bytes. */
export const maxStepParamsBytes = 8 * 1024

/** The request on the wire: an enriched batch, always with its format. */
export const StepRequest = EnrichedMessage2

/** What a step adds to which events of the request. Events in neither list go on as they are. */
export const StepResult = Schema.Struct({
  id: BatchId.annotateKey({ description: "The id of the request." }),
  digest: BatchDigest.annotateKey({ description: "The digest of the request." }),
  added: Schema.Array(
    Schema.Struct({
      index: Whole.annotateKey({ description: "The event's index in its batch, as in the request." }),
      params: Schema.Record(Schema.String, Schema.String)
        .check(Schema.isPropertyNames(Schema.NonEmptyString))
        .annotateKey({
          description:
            "Parameters to add, by name; values are text, not encoded. At most 8,192 bytes of names and values per event."
        })
    })
  ).annotateKey({ description: "The events that get parameters, each at most once." }),
  failed: Schema.Array(
    Schema.Struct({
      index: Whole.annotateKey({ description: "The event's index in its batch, as in the request." }),
      message: Schema.String.annotateKey({ description: "Why, for a person." })
    })
  ).annotateKey({
    description: "The events that the step cannot process, each at most once and not in `added`."
  })
}).annotate({ identifier: "StepResult", description: "What a step adds to which events of the request." })
export type StepResult = typeof StepResult.Type

/** The reply on the wire. */
export const StepReply = Schema.Union([
  Schema.Struct({ v: Schema.Literal(2), step: StepResult }),
  Schema.Struct({
    v: Schema.Literal(2),
    failure: FailedReply,
    formats: readFormats
  })
]).annotate({
  title: "step-reply",
  description: "A step's result, or why there is none."
})
export type StepReply = typeof StepReply.Type

export const writeStepRequest = (batch: EnrichedBatch): Uint8Array => writeEnrichedBatch(batch, 2)

/** Throws `Failure` "unreadable" or "too-large" for bytes in another format. */
export const readStepRequest = (payload: Uint8Array): EnrichedBatch => readEnrichedBatch(payload)

/**
 * The reply with a result, or with a failure.
 *
 * @example
 * writeStepReply({ id, digest, added: [{ index: 0, params: { score: "0.97" } }], failed: [] })
 */
export const writeStepReply = (answer: StepResult | Failure): Uint8Array =>
  encode(
    answer instanceof Failure
      ? { v: 2, failure: { reason: answer.reason, message: answer.message } }
      : { v: 2, step: answer }
  )

const isStepReply = Schema.is(StepReply)

/**
 * The result in a reply to a request with the events `indices`. Parameters of one event over the size limit become a
 * failure of that event. Throws the failure that the step replied, or `Failure` "unreadable" for a reply that is not
 * one to this request.
 */
export const readStepReply = (
  payload: Uint8Array,
  request: BatchName,
  indices: ReadonlyArray<number>
): StepResult => {
  const reply = decode(payload)
  if (!isStepReply(reply)) throw unreadable("the reply is not a step reply in format 2")
  if ("failure" in reply) throw new Failure(reply.failure)
  const { step } = reply
  if (step.id !== request.id || step.digest !== request.digest)
    throw unreadable(
      `the step replied about ${step.id} (digest ${step.digest}) instead of ${request.id} (digest ${request.digest})`
    )
  const open = new Set(indices)
  for (const { index } of [...step.added, ...step.failed])
    if (!open.delete(index))
      throw unreadable(
        `the step replied twice about event ${index} of ${step.id}, or it is not in the request`
      )
  return withoutOversized(step)
}

const withoutOversized = (step: StepResult): StepResult => {
  if (step.added.every(({ params }) => bytesOfParams(params) <= maxStepParamsBytes)) return step
  const isOversized = ({ params }: StepResult["added"][number]) => bytesOfParams(params) > maxStepParamsBytes
  const refused = step.added.filter(isOversized).map(({ index, params }) => ({
    index,
    message: `the step added ${bytesOfParams(params)} bytes of parameters; the limit is ${maxStepParamsBytes} bytes`
  }))
  return {
    ...step,
    added: step.added.filter((one) => !isOversized(one)),
    failed: [...step.failed, ...refused]
  }
}

const encoder = new TextEncoder()

/** The size of the parameters of one event: names and values in UTF-8, bytes. */
const bytesOfParams = (params: Readonly<Record<string, string>>): number => {
  let bytes = 0
  for (const [name, value] of Object.entries(params))
    bytes += encoder.encode(name).length + encoder.encode(value).length
  return bytes
}
