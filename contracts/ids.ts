/** The names things are known by: a batch, an event, a topic. Branded, so that one is never taken for another. */
import { Schema } from "effect"

/** One claim of a drainer: 32 hex digits, of which the first 12 are the time in milliseconds, so that ids sort by age. */
export const ClaimId = Schema.NonEmptyString.pipe(Schema.brand("ClaimId"))
export type ClaimId = typeof ClaimId.Type

/**
 * A claimed batch: 32 hex digits. The first 20 are those of the claim that took it; the queue itself gives the last 12
 * when it takes the lines. So a claim that is carried out twice makes two batches of different ids, never one id for
 * two sets of lines.
 */
export const BatchId = Schema.NonEmptyString.pipe(Schema.brand("BatchId"))
export type BatchId = typeof BatchId.Type

/** One event: its batch's id and its place in the batch. The same through every retry, because a batch never changes. */
export const EventId = Schema.NonEmptyString.pipe(Schema.brand("EventId"))
export type EventId = typeof EventId.Type

/** A Kafka topic: letters, digits, `.`, `_` and `-`, at most 249 (the broker's own rule). */
export const Topic = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9._-]{1,249}$/)).pipe(
  Schema.brand("Topic")
)
export type Topic = typeof Topic.Type

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

const newId = (): string =>
  Date.now().toString(16).padStart(12, "0") + hex(crypto.getRandomValues(new Uint8Array(10)))

/** A new id for a claim. */
export const newClaimId = (): ClaimId => newId() as ClaimId

/** How many digits of a claim's id stand in the id of the batch that it takes. */
export const claimDigits = 20

/** The id of a new batch that the claim takes, ended by 12 random hex digits; Redis ends it by its own time instead. */
export const batchIdFor = (claim: ClaimId): BatchId =>
  (claim.slice(0, claimDigits) + hex(crypto.getRandomValues(new Uint8Array(6)))) as BatchId

/** An id for a batch that comes from no queue: one that only asks whether the log can be reached. */
export const newBatchId = (): BatchId => newId() as BatchId

/**
 * A digest of the exact lines of a batch, or of a piece of one: 16 hex digits. Whoever answers for a batch repeats it,
 * so that a receipt never lets other lines go, whatever id they have.
 */
export const BatchDigest = Schema.String.check(Schema.isPattern(/^[0-9a-f]{16}$/)).pipe(
  Schema.brand("BatchDigest")
)
export type BatchDigest = typeof BatchDigest.Type

/** The digest of a batch without events. */
export const emptyDigest = "0000000000000000" as BatchDigest

/** The id of the event at place `index` (from 0) of a batch. */
export const eventId = (batch: BatchId, index: number): EventId => `${batch}-${index}` as EventId

/** The batch and place an event id was made of, or undefined for an id that is not of our making. */
export const splitEventId = (id: string): { readonly batch: BatchId; readonly index: number } | undefined => {
  const parts = /^([0-9a-f]{32})-(\d{1,7})$/.exec(id)
  if (parts?.[1] === undefined || parts[2] === undefined) return undefined
  return { batch: parts[1] as BatchId, index: Number(parts[2]) }
}
