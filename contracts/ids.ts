/** The names things are known by: a batch, an event, a topic. Branded, so that one is never taken for another. */
import { Schema } from "effect"

/** A claimed batch: the time it was made (milliseconds, 12 hex digits) and 80 random bits, so that ids sort by age. */
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

/** A new id for a claim; it becomes the id of the batch that the claim takes. */
export const newBatchId = (): BatchId =>
  BatchId.make(Date.now().toString(16).padStart(12, "0") + hex(crypto.getRandomValues(new Uint8Array(10))))

/** The id of the event at place `index` (from 0) of a batch. */
export const eventId = (batch: BatchId, index: number): EventId => `${batch}-${index}` as EventId

/** The batch and place an event id was made of, or undefined for an id that is not of our making. */
export const splitEventId = (id: string): { readonly batch: BatchId; readonly index: number } | undefined => {
  const parts = /^([0-9a-f]{32})-(\d{1,7})$/.exec(id)
  if (parts?.[1] === undefined || parts[2] === undefined) return undefined
  return { batch: parts[1] as BatchId, index: Number(parts[2]) }
}
