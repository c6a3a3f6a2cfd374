/**
 * Copies of events for subscribers, stage by stage. Nothing is copied without a subscription: a reader renews it every
 * `copySubscriptionIntervalMs` on `copySubscriptionSubject`, and actors publish copies for `copySubscriptionTtlMs` after it.
 * Delivery is at most once and bounded; dropped events are counted.
 */
import { Schema } from "effect"
import { ByteString } from "./event.ts"
import { BatchId, Topic } from "./ids.ts"

/** The stages: read from the queue, enriched, stored in the log, rejected. */
export const CopyStage = Schema.Literals(["raw", "enriched", "stored", "rejected"]).annotate({
  identifier: "CopyStage",
  description: "Read from the queue, enriched, stored in the log, or rejected."
})
export type CopyStage = typeof CopyStage.Type

/** A subscription to copies of these stages. */
export const CopySubscription = Schema.Struct({
  stages: Schema.Array(CopyStage).annotateKey({
    description: "The stages of which copies are wanted, for 3 seconds."
  })
})
export type CopySubscription = typeof CopySubscription.Type

export const copySubscriptionSubject = "spoor.watch"
export const copySubscriptionIntervalMs = 1_000
export const copySubscriptionTtlMs = 3_000

/** One event at one stage. `line` (raw, rejected) and `record` (enriched, stored) are bytes, one character per byte. */
export const EventCopy = Schema.Struct({
  index: Schema.Int.annotateKey({ description: "Its index in its batch." }),
  line: Schema.optionalKey(ByteString).annotateKey({
    description:
      "Of raw and rejected: the line as it was claimed, without its line end: text with one character per byte."
  }),
  record: Schema.optionalKey(ByteString).annotateKey({
    description: "Of enriched and stored: the record, text with one character per byte."
  }),
  partition: Schema.optionalKey(Schema.Int).annotateKey({
    description: "Of stored: its partition in the log."
  }),
  offset: Schema.optionalKey(Schema.String).annotateKey({
    description: "Of stored: its offset in the log, a decimal number of up to 64 bits."
  }),
  reason: Schema.optionalKey(Schema.String).annotateKey({ description: "Of rejected: why." }),
  detail: Schema.optionalKey(Schema.String).annotateKey({
    description: "Of rejected: the error, for a person."
  }),
  by: Schema.optionalKey(Schema.String).annotateKey({
    description: "Of rejected: the actor that rejected it."
  })
}).annotate({ identifier: "EventCopyV1", description: "One event at one stage." })
export type EventCopy = typeof EventCopy.Type

/** What a stage copies of an event, apart from its place in its batch. */
export type CopyContent = Omit<EventCopy, "index">

/** Copies of events of one batch and one topic. */
export const Copies = Schema.Struct({
  stage: CopyStage,
  topic: Topic,
  batch: BatchId,
  at: Schema.Int.annotateKey({ description: "When it happened, milliseconds since 1970." }),
  events: Schema.Array(EventCopy),
  dropped: Schema.Int.annotateKey({
    description:
      "The number of events that this actor dropped since its last message, because there were too many to copy."
  })
})
export type Copies = typeof Copies.Type

/** `spoor.copies.<stage>.<topic>`; a dot in a topic's name stays, so subscribe with `>` after the stage. */
export const copySubject = (stage: CopyStage, topic: string): string => `spoor.copies.${stage}.${topic}`

/** The tap actor publishes the same copies here as JSON, one event per message. */
export const tapSubject = (stage: CopyStage, topic: string): string => `spoor.tap.${stage}.${topic}`

/** Where the tap publishes the number of dropped events: `{"stage":…,"topic":…,"dropped":n}`. */
export const tapDroppedSubject = (stage: CopyStage, topic: string): string =>
  `spoor.tap.dropped.${stage}.${topic}`
