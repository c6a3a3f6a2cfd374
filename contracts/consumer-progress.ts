/** Published when a consumer has processed consecutive records of the log: at most once, without delaying the consumer. */
import { Schema } from "effect"
import { Topic } from "./ids.ts"

/** A consumer has handled a batch of records of one partition. */
export const ConsumerProgress = Schema.Struct({
  /** The consumer's name. */
  by: Schema.String,
  topic: Topic,
  partition: Schema.Int,
  /** The first offset, and the one after the last (decimal numbers). */
  first: Schema.String,
  next: Schema.String,
  count: Schema.Int,
  /** Milliseconds since 1970. */
  at: Schema.Int
})
export type ConsumerProgress = typeof ConsumerProgress.Type

/** `spoor.events.consumed.<topic>`, next to the progress messages of the other stages. */
export const consumerProgressSubject = (topic: Topic): string => `spoor.events.consumed.${topic}`
