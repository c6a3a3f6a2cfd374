/**
 * The wire formats of progress messages, of batches and of consumers. Format 2 adds `v`; a reader of format 1 reads it
 * too, so they are always written in format 2. Pure.
 */
import { Schema } from "effect"
import { BatchProgress } from "../batch-progress.ts"
import { ConsumerProgress } from "../consumer-progress.ts"
import { unreadable } from "./columns.ts"
import { formatOf, isFormat, newestFormat, unknownFormat } from "./format.ts"
import { decode, encode } from "./msgpack.ts"

export const BatchProgressMessage1 = BatchProgress
export const BatchProgressMessage2 = Schema.Struct({ v: Schema.Literal(2), ...BatchProgress.fields })

export const ConsumerProgressMessage1 = ConsumerProgress
export const ConsumerProgressMessage2 = Schema.Struct({ v: Schema.Literal(2), ...ConsumerProgress.fields })

export const writeBatchProgress = (progress: BatchProgress): Uint8Array =>
  encode({ v: newestFormat, ...progress })

export const writeConsumerProgress = (progress: ConsumerProgress): Uint8Array =>
  encode({ v: newestFormat, ...progress })

const isConsumerProgress = Schema.is(ConsumerProgress)

/** Reads each of our formats. Throws `Failure` "unreadable" or "too-large" for other bytes. */
export const readConsumerProgress = (payload: Uint8Array): ConsumerProgress => {
  const message = decode(payload)
  const format = formatOf(message)
  if (!isFormat(format)) throw unknownFormat("the progress of a consumer", format)
  if (!isConsumerProgress(message)) throw unreadable("the message is not the progress of a consumer")
  return message
}
