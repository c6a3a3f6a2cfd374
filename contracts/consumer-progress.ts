/** Published when a consumer has processed consecutive records of the log: at most once, without delaying the consumer. */
import { Schema } from "effect"
import { Topic } from "./ids.ts"

/** A consumer has handled a batch of records of one partition. */
export const ConsumerProgress = Schema.Struct({
  by: Schema.String.annotateKey({ description: "The consumer's name." }),
  topic: Topic,
  partition: Schema.Int.annotateKey({ description: "The partition of the topic." }),
  first: Schema.String.annotateKey({ description: "The first offset, a decimal number of up to 64 bits." }),
  next: Schema.String.annotateKey({
    description: "The offset after the last one, a decimal number of up to 64 bits."
  }),
  count: Schema.Int.annotateKey({ description: "The number of records." }),
  at: Schema.Int.annotateKey({ description: "When they were processed, milliseconds since 1970." })
})
export type ConsumerProgress = typeof ConsumerProgress.Type

/** `spoor.events.consumed.<topic>`, next to the progress messages of the other stages. */
export const consumerProgressSubject = (topic: Topic): string => `spoor.events.consumed.${topic}`
