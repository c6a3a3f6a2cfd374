/**
 * The messages between actors: a batch of events, and the receipt that states the outcome of each of them. A batch never
 * changes: an id always stands for the same events. A part of a batch (when the whole is too large to send) keeps the
 * batch's id, and its events keep their index.
 */
import { Schema } from "effect"
import { EnrichedEvent, RawEvent } from "./event.ts"
import { BatchDigest, BatchId, Topic } from "./ids.ts"
import { EventTrace } from "./trace-context.ts"

/** From the drainer to an enricher. Times are milliseconds since 1970. */
export const RawBatch = Schema.Struct({
  id: BatchId,
  /** The digest of the batch's lines; a part of the batch keeps the digest of the whole. */
  digest: BatchDigest,
  claimed: Schema.Int,
  events: Schema.Array(RawEvent),
  /** The clients' traces of some of the events; absent when no event has one. */
  traces: Schema.optionalKey(Schema.Array(EventTrace))
})
export type RawBatch = typeof RawBatch.Type

/** From an enricher to a bridge. */
export const EnrichedBatch = Schema.Struct({
  id: BatchId,
  digest: BatchDigest,
  claimed: Schema.Int,
  enriched: Schema.Int,
  events: Schema.Array(EnrichedEvent),
  /** As in `RawBatch`. */
  traces: Schema.optionalKey(Schema.Array(EventTrace))
})
export type EnrichedBatch = typeof EnrichedBatch.Type

/**
 * The position of consecutive records in the log: `count` records, the first at `offset` (a decimal number), appended at
 * `at` (milliseconds since 1970, by the bridge's clock). All fields together identify one append.
 */
export const Placement = Schema.Struct({
  topic: Topic,
  partition: Schema.Int.annotateKey({ description: "The partition of the topic." }),
  offset: Schema.String.annotateKey({
    description: "The offset of the first record, a decimal number of up to 64 bits."
  }),
  count: Schema.Int.annotateKey({ description: "The number of records, at least 1." }),
  at: Schema.Int.annotateKey({ description: "When the bridge appended them, milliseconds since 1970." })
}).annotate({ identifier: "Placement", description: "The position of consecutive records in the log." })
export type Placement = typeof Placement.Type

/** The actor that rejected an event. */
export const RejectedBy = Schema.Literals(["drainer", "enricher", "bridge"]).annotate({
  identifier: "RejectedBy",
  description: "The actor that rejected an event."
})
export type RejectedBy = typeof RejectedBy.Type

/** Why an event is rejected: a fixed list, to count and search by. */
export const RejectionReason = Schema.Literals([
  "empty",
  "too few fields",
  "no path",
  "time is not a number",
  "not an IP address",
  /** Over the size limit of a message, or of a record of its topic. */
  "too large",
  /** Kafka refuses this event permanently, and accepts others in the same topic. */
  "refused by the log",
  /** It could not be enriched. */
  "not enriched",
  /** The actor that handled it crashed, also when the event was alone in its batch. */
  "crashed"
]).annotate({
  identifier: "RejectionReason",
  description: "Why an event is rejected; a fixed list, to count and search by."
})
export type RejectionReason = typeof RejectionReason.Type

/** The permanent rejection of one event: it becomes a dead letter. */
export const Rejection = Schema.Struct({
  index: Schema.Int.annotateKey({ description: "The event's index in its batch." }),
  topic: Topic.annotateKey({
    description: "The topic of the event; the default topic when its line cannot be read."
  }),
  stage: RejectedBy,
  reason: RejectionReason,
  detail: Schema.optionalKey(Schema.String).annotateKey({ description: "The error, for a person." })
}).annotate({
  identifier: "Rejection",
  description: "The permanent rejection of one event: it becomes a dead letter."
})
export type Rejection = typeof Rejection.Type

/** The outcome of a batch (or of a part): every event is either stored or rejected. */
export const Receipt = Schema.Struct({
  id: BatchId.annotateKey({ description: "The id of the request." }),
  digest: BatchDigest.annotateKey({
    description: "The digest of the request: the lines that this receipt is about."
  }),
  stored: Schema.Int.annotateKey({
    description: "The number of events that the log has confirmed; the counts of `placements` add up to it."
  }),
  placements: Schema.Array(Placement).annotateKey({ description: "Where the stored events are in the log." }),
  rejected: Schema.Array(Rejection).annotateKey({ description: "The events that are not stored, each once." })
}).annotate({
  identifier: "Receipt",
  description: "The outcome of a batch, or of a part: every event is either stored or rejected."
})
export type Receipt = typeof Receipt.Type

/** What identifies a batch in its receipt. */
export interface BatchName {
  readonly id: BatchId
  readonly digest: BatchDigest
}

/**
 * True when the receipt covers every event of exactly these lines, each once, with a placement for each stored one.
 * `indices` are the events' places in the batch. Only then may the batch leave the queue.
 */
export const accountsFor = (receipt: Receipt, batch: BatchName, indices: ReadonlyArray<number>): boolean => {
  const { stored, placements, rejected } = receipt
  if (receipt.id !== batch.id || receipt.digest !== batch.digest) return false
  if (stored < 0 || stored + rejected.length !== indices.length) return false
  if (placements.some(({ count }) => count < 1)) return false
  if (placements.reduce((sum, { count }) => sum + count, 0) !== stored) return false
  if (rejected.length === 0) return true
  const open = new Set(indices)
  return rejected.every(({ index }) => open.delete(index))
}

/** One receipt for several parts of the same batch. */
export const mergeReceipts = ({ id, digest }: BatchName, receipts: ReadonlyArray<Receipt>): Receipt => ({
  id,
  digest,
  stored: receipts.reduce((sum, receipt) => sum + receipt.stored, 0),
  placements: receipts.flatMap((receipt) => receipt.placements),
  rejected: receipts.flatMap((receipt) => receipt.rejected)
})
