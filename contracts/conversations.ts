/**
 * Who asks whom for what: each conversation's subject, queue group, request, answer and patience, declared once.
 * Conversations nest (drainer asks enricher, enricher asks bridge), so their deadlines shrink from the outside in:
 * Kafka send 4 s < store 5 s < enrich 7 s < lease 30 s.
 */
import { Schema } from "effect"
import { EnrichedBatch, RawBatch, Receipt } from "./batch.ts"
import { Stage } from "./event.ts"
import { BatchId, Topic } from "./ids.ts"

/** A request and its answer. Any number of copies of the one who answers share the queue group. */
export interface Conversation<Request, Answer> {
  readonly name: string
  readonly subject: string
  readonly queue: string
  readonly request: Schema.Codec<Request, unknown>
  readonly answer: Schema.Codec<Answer, unknown>
  /** How long the one who asks waits for the answer, milliseconds. */
  readonly timeout: number
}

/** "Enrich these events and see that they are stored." */
export const Enrich: Conversation<RawBatch, Receipt> = {
  name: "enrich",
  subject: "spoor.enrich",
  queue: "enrich",
  request: RawBatch as never,
  answer: Receipt as never,
  timeout: 7_000
}

/** "Store these records; answer when all replicas have them." */
export const Store: Conversation<EnrichedBatch, Receipt> = {
  name: "store",
  subject: "spoor.store",
  queue: "store",
  request: EnrichedBatch as never,
  answer: Receipt as never,
  timeout: 5_000
}

/** How long one send to the log may take, milliseconds. */
export const logTimeout = 4_000

/** How long a claimed batch belongs to its drainer before another may take it over, milliseconds. */
export const leaseTime = 30_000

/** Something that happened to a batch, for people and tools to watch. Published at most once, never in the way of work. */
export const Fact = Schema.Struct({
  stage: Stage,
  topic: Topic,
  batch: BatchId,
  /** Milliseconds since 1970. */
  at: Schema.Int,
  count: Schema.Int,
  /** Of rejections: how many for each reason. */
  reasons: Schema.optionalKey(Schema.Record(Schema.String, Schema.Int))
})
export type Fact = typeof Fact.Type

/** `spoor.events.<stage>.<topic>`; a dot in a topic's name stays, so subscribe with `>` behind the stage. */
export const factSubject = (stage: Stage, topic: Topic): string => `spoor.events.${stage}.${topic}`
