/**
 * The requests between actors: subject, queue group, request, reply and timeout of each. They nest (the drainer asks the
 * enricher, the enricher asks the bridge), so the inner timeouts are shorter: Kafka send 4 s < store 5 s < enrich 7 s <
 * lease 30 s. A request without events probes the path to the log: it passes all actors and returns an empty receipt.
 */
import { Schema } from "effect"
import { type EnrichedBatch, type RawBatch, Receipt } from "./batch.ts"
import { Stage } from "./event.ts"
import { FailureReason } from "./failure.ts"
import { BatchId, Topic } from "./ids.ts"
import { EnrichedMessage, readEnrichedBatch, writeEnrichedBatch } from "./messages/enriched-batch.ts"
import { RawMessage, readRawBatch, writeRawBatch } from "./messages/raw-batch.ts"

/** A kind of request about a batch, whose reply is a receipt. All instances of the responder share the queue group. */
export interface Conversation<Request> {
  readonly name: string
  readonly subject: string
  readonly queue: string
  /** The request on the wire (MessagePack), for documentation, tests and other languages. */
  readonly message: Schema.Top
  readonly write: (request: Request) => Uint8Array
  /**
   * Throws `Failure` "unreadable" or "too-large" for bytes in another format. Checks the structure only; the sender has
   * checked the events.
   */
  readonly read: (payload: Uint8Array) => Request
  /** How long the requester waits for the reply, milliseconds. */
  readonly timeout: number
}

/** Enrich these events and have them stored. */
export const Enrich: Conversation<RawBatch> = {
  name: "enrich",
  subject: "spoor.enrich",
  queue: "enrich",
  message: RawMessage,
  write: writeRawBatch,
  read: readRawBatch,
  timeout: 7_000
}

/** Store these records; reply when all replicas have them. */
export const Store: Conversation<EnrichedBatch> = {
  name: "store",
  subject: "spoor.store",
  queue: "store",
  message: EnrichedMessage,
  write: writeEnrichedBatch,
  read: readEnrichedBatch,
  timeout: 5_000
}

/** The receipt, or the failure. */
export const Reply = Schema.Union([
  Schema.Struct({ receipt: Receipt }),
  Schema.Struct({ failure: Schema.Struct({ reason: FailureReason, message: Schema.String }) })
])
export type Reply = typeof Reply.Type

/** Timeout of one send to the log, milliseconds. */
export const logTimeout = 4_000

/** Duration of the lease of a claimed batch, milliseconds; afterwards another drainer may claim it. */
export const leaseTime = 30_000

/** The progress of a batch, published for observers. At most once, never waited for. */
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
