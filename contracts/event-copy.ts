/**
 * Copies of events for people who watch, at each stage. Nothing is copied without a subscription: a watcher publishes it
 * every `copySubscriptionIntervalMs` on `copySubscriptionSubject`, and actors publish copies for `copySubscriptionTtlMs`
 * after they received it. Copies are sent at most once and rate-limited; omitted ones are counted.
 */
import { Schema } from "effect"
import { ByteString } from "./event.ts"
import { BatchId, Topic } from "./ids.ts"

/** The stages: read from the queue, enriched, stored in the log, rejected. */
export const CopyStage = Schema.Literals(["raw", "enriched", "stored", "rejected"])
export type CopyStage = typeof CopyStage.Type

/** The stages that a watcher subscribes to. */
export const CopySubscription = Schema.Struct({ stages: Schema.Array(CopyStage) })
export type CopySubscription = typeof CopySubscription.Type

export const copySubscriptionSubject = "spoor.watch"
export const copySubscriptionIntervalMs = 1_000
export const copySubscriptionTtlMs = 3_000

/** One event at one stage. `line` (raw, rejected) and `record` (enriched, stored) are bytes, one character per byte. */
export const EventCopy = Schema.Struct({
  /** Its place in its batch. */
  index: Schema.Int,
  /** The line as it was claimed, without its line end. */
  line: Schema.optionalKey(ByteString),
  record: Schema.optionalKey(ByteString),
  partition: Schema.optionalKey(Schema.Int),
  offset: Schema.optionalKey(Schema.String),
  reason: Schema.optionalKey(Schema.String),
  detail: Schema.optionalKey(Schema.String),
  /** The actor that rejected it. */
  by: Schema.optionalKey(Schema.String)
})
export type EventCopy = typeof EventCopy.Type

/** A copy without its place in the batch. */
export type Seen = Omit<EventCopy, "index">

/** Copies of events of one batch and one topic. */
export const Copies = Schema.Struct({
  stage: CopyStage,
  topic: Topic,
  batch: BatchId,
  /** When it happened, milliseconds since 1970. */
  at: Schema.Int,
  events: Schema.Array(EventCopy),
  /** Events that this actor omitted since its last message, over its rate limit. */
  dropped: Schema.Int
})
export type Copies = typeof Copies.Type

/** `spoor.copies.<stage>.<topic>`; a topic may contain dots, so subscribe with `>` after the stage. */
export const copySubject = (stage: CopyStage, topic: string): string => `spoor.copies.${stage}.${topic}`

/** The tap actor publishes the same copies here as JSON, one event per message. */
export const tapSubject = (stage: CopyStage, topic: string): string => `spoor.tap.${stage}.${topic}`

/** The tap actor publishes here how many events it could not publish: `{"stage":…,"topic":…,"dropped":n}`. */
export const tapDroppedSubject = (stage: CopyStage, topic: string): string =>
  `spoor.tap.dropped.${stage}.${topic}`
