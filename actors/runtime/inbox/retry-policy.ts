/**
 * What becomes of a batch that was not handled: it comes again, it is taken apart to find the guilty event, or, when it
 * is a single event that has proven guilty, it is set aside.
 *
 * What counts against a batch: a crash that was answered, and a claim whose claimer ended without a word (the queue
 * counts that when another takes it over). Nobody there, no room, an outage that was told: these never count. Silence
 * of whoever was asked, and the end of a claimer, may be an outage as well. So the first of them only makes the batch
 * suspect: from then on it is tried only when the way to the log has just been proven free (way.ts), with nothing else
 * under way beside it. Silence counts only then, and then the first one does too. A suspect is not held while the way
 * is being proven, so a claim that ends without a word ended within such a try.
 *
 * Tries: two of several events together, one more of each piece, so 2 + 1 + 2 for one event out of a thousand; three
 * of an event that came alone, the first beside others. That a batch was met with silence is known to one drainer only:
 * each other drainer that gets it before it counts may try it once more.
 *
 * NOTE: what remains is coincidence. An outage that begins within the moments between the proof and the end of the try
 * counts against that batch, and it takes two of those in a row at the very same single event to set it aside. The
 * proof asks whether the log answers and whether it took the last records it was given, not whether it will take these.
 */
import type { ClaimedBatch } from "../../../bridge/ingest-queue/service.ts"
import type { Failure } from "../../../contracts/failure.ts"

/** So many tries may fail before several events are taken apart, and before an event that is alone is set aside. */
export const triesTogether = 2
export const triesAlone = 3

/** Into at most so many pieces: two steps from a thousand events to one. */
const pieces = 32

export type RetryDecision =
  /** It may be claimed again; `counts` says whether this was an attempt. */
  | { readonly kind: "again"; readonly counts: boolean }
  /** Pieces of `size` lines take its place, with `attempts` behind them; a single event stays what it is. */
  | { readonly kind: "apart"; readonly size: number; readonly attempts: number }
  /** It is a single event, and guilty; `attempts` is how often it was tried. */
  | { readonly kind: "guilty"; readonly detail: string; readonly attempts: number }

export interface Tried extends Pick<ClaimedBatch, "attempts" | "lines"> {
  /** It was met with silence here before, which was not counted then. */
  readonly wasSilent: boolean
}

/** How a batch that has just been claimed may be handled. `alone`: with the way proven free, and nothing else beside it. */
export const beforeTrying = (batch: Tried): RetryDecision | "beside others" | "alone" => {
  const { attempts, wasSilent } = batch
  if (attempts === 0 && !wasSilent) return "beside others"
  return isSpent(batch, attempts)
    ? endOf(batch, attempts, `whoever handled it ended without an answer, ${attempts} times`)
    : "alone"
}

/** Whoever was asked said nothing at all. */
export const isSilent = ({ reason }: Failure): boolean => reason === "no-answer"

/** After a try that failed; `isProven`: the way had been proven free before it. */
export const afterFailure = (batch: Tried, failure: Failure, isProven: boolean): RetryDecision => {
  const isSilence = isSilent(failure)
  const counts = isSilence ? isProven : !failure.infrastructure
  if (!counts) return { kind: "again", counts }
  const isOwed = isSilence && batch.wasSilent && batch.attempts === 0
  const attempts = batch.attempts + (isOwed ? 2 : 1)
  if (isSpent(batch, attempts)) return endOf(batch, attempts, failure.message)
  return isOwed ? { kind: "apart", size: batch.lines.length, attempts } : { kind: "again", counts }
}

const isSpent = ({ lines }: Tried, attempts: number): boolean =>
  attempts >= (lines.length > 1 ? triesTogether : triesAlone)

const endOf = ({ lines }: Tried, attempts: number, detail: string): RetryDecision =>
  lines.length > 1
    ? { kind: "apart", size: Math.ceil(lines.length / pieces), attempts: 1 }
    : { kind: "guilty", detail, attempts }
