/** Delivery of a batch of records to its handler, the same for every event log. */
import { Effect, Exit, Fiber } from "effect"
import type { RecordBatch } from "./service.ts"

/** Limits of a batch: records, and bytes of values. A batch has at least one record. */
export const maxBatchRecords = 1_000
export const maxBatchBytes = 1024 * 1024

/** The delay before a failed batch is delivered again doubles from the first to the second, milliseconds. */
const firstDelayMs = 100
const maxDelayMs = 5_000

/**
 * Delivers the batch once. An interruption waits for `handle`, which is not interrupted. Returns whether `handle`
 * succeeded; failures and crashes are logged at the 1st, 2nd, 4th, 8th, … attempt. `attempts` includes this one.
 */
export const deliver = <E>(
  handle: (batch: RecordBatch) => Effect.Effect<void, E>,
  batch: RecordBatch,
  attempts: number
): Effect.Effect<boolean> =>
  Effect.uninterruptible(
    Effect.gen(function* () {
      const exit = yield* Fiber.await(yield* Effect.forkDetach(Effect.suspend(() => handle(batch))))
      if (Exit.isSuccess(exit)) return true
      if (!Number.isInteger(Math.log2(attempts))) return false
      const from = `${batch.topic} ${batch.partition} from ${batch.records[0]?.offset ?? batch.end}`
      const times = attempts === 1 ? "" : ` (failed ${attempts} times)`
      yield* Effect.logWarning(
        `The handler failed; these records are delivered again: ${from}${times}`,
        exit.cause
      )
      return false
    })
  )

/** Waits before the next delivery, after that many failed attempts (1 or more) at the same batch. */
export const delayAfter = (attempts: number): Effect.Effect<void> =>
  Effect.sleep(Math.min(firstDelayMs * 2 ** (attempts - 1), maxDelayMs))
