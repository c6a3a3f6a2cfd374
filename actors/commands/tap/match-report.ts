/**
 * Prints on standard error how many events passed a filtered tap while none matches, to distinguish a wrong filter
 * from an idle stage; and at the end the number of matches. Lives with the command.
 */
import { Clock, Effect } from "effect"
import { counted, number } from "../../inspect/plain-text.ts"
import { printError } from "../command-line/print.ts"
import type { TappedBatch } from "./sources.ts"

/** Each interval between two lines is twice the one before, milliseconds. */
const firstIntervalMs = 1_000
const maxIntervalMs = 60_000

export interface MatchReport {
  /** Counts events that passed; prints the count while none has matched. */
  readonly add: (batch: TappedBatch) => Effect.Effect<void>
  /** Prints the final count. */
  readonly flush: Effect.Effect<void>
}

/** Without a filter every event is shown, so nothing is printed. */
export const matchReport = (isFiltered: boolean): MatchReport => {
  let seen = 0
  let matching = 0
  let reported = 0
  let intervalMs = firstIntervalMs
  let nextAt = Number.NEGATIVE_INFINITY

  const flush = Effect.suspend(() => {
    reported = seen
    return printError(`tap: ${counted(seen, "event")} seen, ${number(matching)} match`)
  })

  const add = Effect.fnUntraced(function* (batch: TappedBatch) {
    seen += batch.seen
    matching += batch.events.length
    if (matching > 0 || seen === reported) return
    const now = yield* Clock.currentTimeMillis
    if (now < nextAt) return
    if (nextAt > 0) intervalMs = Math.min(maxIntervalMs, intervalMs * 2)
    nextAt = now + intervalMs
    yield* flush
  })

  return isFiltered ? { add, flush } : { add: () => Effect.void, flush: Effect.void }
}
