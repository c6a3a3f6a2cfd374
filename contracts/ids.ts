/** Identifiers of claims, batches, events and topics. Branded, so that the compiler tells them apart. */
import { Schema } from "effect"

/** One claim of a drainer: 32 hex digits. The first 12 are the time in milliseconds, so that ids sort by age. */
export const ClaimId = Schema.NonEmptyString.pipe(Schema.brand("ClaimId"))
export type ClaimId = typeof ClaimId.Type

/**
 * A claimed batch: 32 hex digits. The first 20 are those of its claim; the queue sets the last 12 when it takes the
 * lines. So a claim that is applied twice makes two batches with different ids, never one id for two sets of lines.
 */
export const BatchId = Schema.NonEmptyString.pipe(Schema.brand("BatchId")).annotate({
  identifier: "BatchId",
  description: "The id of a batch: 32 lower-case hexadecimal digits."
})
export type BatchId = typeof BatchId.Type

/** One event: its batch's id and its place in the batch. The same in every retry, because a batch never changes. */
export const EventId = Schema.NonEmptyString.pipe(Schema.brand("EventId")).annotate({
  identifier: "EventId",
  description: "The id of an event: the id of its batch, a dash, and its index in the batch."
})
export type EventId = typeof EventId.Type

/** A Kafka topic: letters, digits, `.`, `_` and `-`, at most 249 (the broker's own rule). */
export const Topic = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9._-]{1,249}$/u))
  .pipe(Schema.brand("Topic"))
  .annotate({
    identifier: "Topic",
    description: "A Kafka topic: letters, digits, `.`, `_` and `-`, at most 249."
  })
export type Topic = typeof Topic.Type

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

const newId = (): string =>
  Date.now().toString(16).padStart(12, "0") + hex(crypto.getRandomValues(new Uint8Array(10)))

/** A new id for a claim. */
export const newClaimId = (): ClaimId => newId() as ClaimId

/** Digits of a claim's id at the start of its batch's id. */
export const claimDigits = 20

/** The id of a claim's new batch, with 12 random hex digits at the end; Redis uses its own time instead. */
export const batchIdFor = (claim: ClaimId): BatchId =>
  (claim.slice(0, claimDigits) + hex(crypto.getRandomValues(new Uint8Array(6)))) as BatchId

/** An id for a batch that does not come from a queue: the empty batch that probes the log. */
export const newBatchId = (): BatchId => newId() as BatchId

/**
 * A digest of the exact lines of a batch, or of a part of one: 16 hex digits. A receipt repeats it, so that it never
 * acknowledges other lines, whatever their id.
 */
export const BatchDigest = Schema.String.check(Schema.isPattern(/^[0-9a-f]{16}$/u))
  .pipe(Schema.brand("BatchDigest"))
  .annotate({
    identifier: "BatchDigest",
    description: "The digest of the exact lines of a batch: 16 lower-case hexadecimal digits."
  })
export type BatchDigest = typeof BatchDigest.Type

/**
 * One push of an edge's lines, chosen by the edge and the same in every retry: 26 letters and digits. The queue stores
 * the lines of one id once.
 */
export const PushId = Schema.String.check(Schema.isPattern(/^[0-9A-Za-z]{26}$/u))
  .pipe(Schema.brand("PushId"))
  .annotate({
    identifier: "PushId",
    description: "The id of one push of an edge: 26 letters and digits."
  })
export type PushId = typeof PushId.Type

/** The digest of a batch without events. */
export const emptyDigest = "0000000000000000" as BatchDigest

/** The id of the event at place `index` (from 0) of a batch. */
export const eventId = (batch: BatchId, index: number): EventId => `${batch}-${index}` as EventId

/** The batch and place in an event id; undefined for an id in another format. */
export const splitEventId = (id: string): { readonly batch: BatchId; readonly index: number } | undefined => {
  const parts = /^([0-9a-f]{32})-(\d{1,7})$/.exec(id)
  if (parts?.[1] === undefined || parts[2] === undefined) return undefined
  return { batch: parts[1] as BatchId, index: Number(parts[2]) }
}
