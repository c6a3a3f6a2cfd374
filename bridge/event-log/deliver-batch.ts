/** How a batch of records is handed to the one who handles it, the same for every event log. */
import { Effect, Exit, Fiber } from "effect"
import type { RecordBatch } from "./service.ts"

/** The most records, and bytes of values, in one batch that is read. One record always comes. */
export const maxBatchRecords = 1_000
export const maxBatchBytes = 1024 * 1024

/** Pauses before a batch is handed over again grow from the first to the second, milliseconds. */
const firstPause = 100
const longestPause = 5_000

/**
 * Hands the batch over once. Interruption waits for `handle`, which is not interrupted itself. True when it has
 * succeeded; when it fails or dies the answer is false, and that is logged after 1, 2, 4, 8, … failures. `tries`: how
 * often the batch has been handed over, with this time.
 */
export const handOver = <E>(
  handle: (batch: RecordBatch) => Effect.Effect<void, E>,
  batch: RecordBatch,
  tries: number
): Effect.Effect<boolean> =>
  Effect.uninterruptible(
    Effect.gen(function* () {
      const exit = yield* Fiber.await(yield* Effect.forkDetach(Effect.suspend(() => handle(batch))))
      if (Exit.isSuccess(exit)) return true
      if (!Number.isInteger(Math.log2(tries))) return false
      const from = `${batch.topic} ${batch.partition} from ${batch.records[0]?.offset ?? batch.end}`
      const times = tries === 1 ? "" : ` (they failed ${tries} times)`
      yield* Effect.logWarning(`These records are tried again: ${from}${times}`, exit.cause)
      return false
    })
  )

/** The pause after so many failed tries (from 1) of the same batch. */
export const pauseAfter = (tries: number): Effect.Effect<void> =>
  Effect.sleep(Math.min(firstPause * 2 ** (tries - 1), longestPause))
