/**
 * Who asks whom for what: each conversation's subject, queue group, request, answer and patience, declared once.
 * Conversations nest (drainer asks enricher, enricher asks bridge), so their deadlines shrink from the outside in:
 * Kafka send 4 s < store 5 s < enrich 7 s < lease 30 s. A request without events asks whether the way to the log is
 * free: it goes through everybody, and an empty receipt says yes.
 */
import { Schema } from "effect"
import { type EnrichedBatch, type RawBatch, Receipt } from "./batch.ts"
import { Stage } from "./event.ts"
import { FailureReason } from "./failure.ts"
import { BatchId, Topic } from "./ids.ts"
import { EnrichedMessage, readEnrichedBatch, writeEnrichedBatch } from "./messages/enriched-batch.ts"
import { RawMessage, readRawBatch, writeRawBatch } from "./messages/raw-batch.ts"

/** A request about a batch, answered with a receipt. Any number of copies of the one who answers share the group. */
export interface Conversation<Request> {
  readonly name: string
  readonly subject: string
  readonly queue: string
  /** The request as it travels (MessagePack), for documentation, tests and other languages. */
  readonly message: Schema.Top
  readonly write: (request: Request) => Uint8Array
  /**
   * Throws `Failure` "unreadable" or "too-large" for bytes that are no such request. Its outline is checked; the events
   * in it were, where they were made.
   */
  readonly read: (payload: Uint8Array) => Request
  /** How long the one who asks waits for the answer, milliseconds. */
  readonly timeout: number
}

/** "Enrich these events and see that they are stored." */
export const Enrich: Conversation<RawBatch> = {
  name: "enrich",
  subject: "spoor.enrich",
  queue: "enrich",
  message: RawMessage,
  write: writeRawBatch,
  read: readRawBatch,
  timeout: 7_000
}

/** "Store these records; answer when all replicas have them." */
export const Store: Conversation<EnrichedBatch> = {
  name: "store",
  subject: "spoor.store",
  queue: "store",
  message: EnrichedMessage,
  write: writeEnrichedBatch,
  read: readEnrichedBatch,
  timeout: 5_000
}

/** What comes back: the receipt, or why there is none. */
export const Reply = Schema.Union([
  Schema.Struct({ receipt: Receipt }),
  Schema.Struct({ failure: Schema.Struct({ reason: FailureReason, message: Schema.String }) })
])
export type Reply = typeof Reply.Type

/** How long one send to the log may take, milliseconds. */
export const logTimeout = 4_000

/** How long a claimed batch belongs to its drainer before another may take it over, milliseconds. */
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
