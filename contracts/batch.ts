/**
 * What actors hand to each other: a batch of events, and the receipt that accounts for every one of them.
 * A batch never changes: the same id stands for the same events for as long as it lives. A part of a batch
 * (when the whole is too large to send) keeps the batch's id, and its events keep their places.
 */
import { Schema } from "effect"
import { EnrichedEvent, RawEvent } from "./event.ts"
import { BatchDigest, BatchId, Topic } from "./ids.ts"

/** From the drainer to an enricher. Times are milliseconds since 1970. */
export const RawBatch = Schema.Struct({
  id: BatchId,
  /** Of the lines that the events were read from; a part of the batch keeps the digest of the whole. */
  digest: BatchDigest,
  claimed: Schema.Int,
  events: Schema.Array(RawEvent)
})
export type RawBatch = typeof RawBatch.Type

/** From an enricher to a bridge. */
export const EnrichedBatch = Schema.Struct({
  id: BatchId,
  digest: BatchDigest,
  claimed: Schema.Int,
  enriched: Schema.Int,
  events: Schema.Array(EnrichedEvent)
})
export type EnrichedBatch = typeof EnrichedBatch.Type

/**
 * Where in the log a run of records lies: `count` records, the first at `offset` (a decimal number), appended at `at`
 * (milliseconds since 1970, by the bridge's clock). No two appends share all of it, so it names one append for good.
 */
export const Placement = Schema.Struct({
  topic: Topic,
  partition: Schema.Int,
  offset: Schema.String,
  count: Schema.Int,
  at: Schema.Int
})
export type Placement = typeof Placement.Type

/** Which actor said no to an event. */
export const RejectedBy = Schema.Literals(["drainer", "enricher", "bridge"])
export type RejectedBy = typeof RejectedBy.Type

/** Why an event is rejected, in plain words: a short list, to count and search by. */
export const RejectionReason = Schema.Literals([
  "empty",
  "too few fields",
  "no path",
  "time is not a number",
  "not an IP address",
  /** For a message, or for a record of its topic. */
  "too large",
  /** By Kafka, for good, where its topic takes others. */
  "refused by the log",
  /** It could not be enriched. */
  "not enriched",
  /** Whoever handled it crashed, also when it was alone. */
  "crashed"
])
export type RejectionReason = typeof RejectionReason.Type

/** A "no" to one event, for good: it becomes a dead letter. */
export const Rejection = Schema.Struct({
  index: Schema.Int,
  /** Where it was on its way to; the standard topic when its line cannot be read. */
  topic: Topic,
  stage: RejectedBy,
  reason: RejectionReason,
  /** What was said, for a person. */
  detail: Schema.optionalKey(Schema.String)
})
export type Rejection = typeof Rejection.Type

/** The account of a batch (or of a part): every event is either stored or rejected. */
export const Receipt = Schema.Struct({
  id: BatchId,
  /** As it was asked for: of which lines this is the account. */
  digest: BatchDigest,
  /** How many events the log has confirmed. */
  stored: Schema.Int,
  placements: Schema.Array(Placement),
  rejected: Schema.Array(Rejection)
})
export type Receipt = typeof Receipt.Type

/** A batch as its receipt names it. */
export interface BatchName {
  readonly id: BatchId
  readonly digest: BatchDigest
}

/**
 * Does the receipt account for every event of exactly these lines, each once, and say of all that are stored where they
 * lie? `indices` are the events' places. Only then may the batch leave the queue.
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

/** One account of several parts of the same batch. */
export const mergeReceipts = ({ id, digest }: BatchName, receipts: ReadonlyArray<Receipt>): Receipt => ({
  id,
  digest,
  stored: receipts.reduce((sum, receipt) => sum + receipt.stored, 0),
  placements: receipts.flatMap((receipt) => receipt.placements),
  rejected: receipts.flatMap((receipt) => receipt.rejected)
})
