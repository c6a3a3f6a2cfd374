/** Delivery of a batch of records to its handler, the same for every event log. */
import { Cause, Effect, Exit, Fiber } from "effect"
import { logWith, makeOutage, type Operation, Outages } from "../outage.ts"
import type { RecordBatch } from "./service.ts"

/** Limits of a batch: records, and bytes of values. A batch has at least one record. */
export const maxBatchRecords = 1_000
export const maxBatchBytes = 1024 * 1024

/** The delay before a failed batch is delivered again doubles from the first to the second, milliseconds. */
const firstDelayMs = 100
const maxDelayMs = 5_000

/** The failures of a reader's handler. */
export interface Handling {
  readonly failed: (batch: RecordBatch, cause: Cause.Cause<unknown>) => void
  readonly worked: (batch: RecordBatch) => void
}

/** The line about a handler that fails is written after this time, milliseconds: what it needs may be reported by then. */
const standardLogAfterMs = 3_000

/**
 * Logs the failures of a handler as one outage: a line when the first partition fails, and one when all are handled again.
 * No line while something that the process depends on fails, which is logged itself.
 */
export const makeHandling = Effect.fnUntraced(function* (logAfterMs = standardLogAfterMs) {
  const log = logWith(Effect.runForkWith(yield* Effect.context<never>()))
  const isExplained = (yield* Outages).isAnyOpen
  const ends = "The handler handles all records again"
  const outage = makeOutage({ name: "The handler", log, ends, isExplained, logAfterMs })
  const partitions = new Map<string, Operation>()
  const operationOf = ({ topic, partition }: RecordBatch): Operation => {
    const name = `${partition} ${topic}`
    const operation = partitions.get(name) ?? outage.operation()
    partitions.set(name, operation)
    return operation
  }
  return {
    failed: (batch, cause) => {
      const error = Cause.squash(cause)
      const from = `${batch.topic} ${batch.partition} from ${batch.records[0]?.offset ?? batch.end}`
      const begins = `The handler failed; these records are delivered again: ${from}: `
      operationOf(batch).failed(error instanceof Error ? error.message : String(error), { begins })
    },
    worked: (batch) => {
      if (outage.isOpen()) operationOf(batch).worked()
    }
  } satisfies Handling
})

/**
 * Delivers the batch once. An interruption waits for `handle`, which is not interrupted. Returns whether `handle`
 * succeeded.
 */
export const deliver = <E>(
  handle: (batch: RecordBatch) => Effect.Effect<void, E>,
  batch: RecordBatch,
  handling: Handling
): Effect.Effect<boolean> =>
  Effect.uninterruptible(
    Effect.gen(function* () {
      const exit = yield* Fiber.await(yield* Effect.forkDetach(Effect.suspend(() => handle(batch))))
      if (Exit.isSuccess(exit)) handling.worked(batch)
      else {
        handling.failed(batch, exit.cause)
        yield* Effect.logDebug("The handler failed", exit.cause)
      }
      return Exit.isSuccess(exit)
    })
  )

/** Waits before the next delivery, after that many failed attempts (1 or more) at the same batch. */
export const delayAfter = (attempts: number): Effect.Effect<void> =>
  Effect.sleep(Math.min(firstDelayMs * 2 ** (attempts - 1), maxDelayMs))
