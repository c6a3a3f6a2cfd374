/**
 * What becomes of a batch that was not handled: it comes again, it is taken apart to find the guilty event, or, when it
 * is a single event that has proven guilty, it is set aside.
 *
 * What counts against a batch: a crash that was answered, the silence of whoever was asked, and a claim whose claimer
 * ended without a word (the queue counts that when another takes it over). Nobody there, no room, an outage that was
 * told: these never count. The first silence or end of a claimer may still have been an outage, so all that it does is
 * to make the batch suspect: from then on it is tried only when the way to the log has just been proven free (way.ts),
 * and with nothing else under way beside it. A suspect is not held while that is being proven, so a claim that ends
 * without a word ended within the try itself.
 *
 * Tries: two of several events together, one more of each piece, so 2 + 1 + 2 for one event out of a thousand; three
 * of an event that came alone, the first beside others.
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

export type Verdict =
  /** It may be claimed again; `counts` says whether this was an attempt. */
  | { readonly kind: "again"; readonly counts: boolean }
  /** Pieces of `size` lines take its place, suspects from the beginning: with `attempts` behind them. */
  | { readonly kind: "apart"; readonly size: number; readonly attempts: number }
  /** It is a single event, and guilty; `attempts` is how often it was tried. */
  | { readonly kind: "guilty"; readonly detail: string; readonly attempts: number }

type Tried = Pick<ClaimedBatch, "attempts" | "lines">

/** How a batch that has just been claimed may be handled. `alone`: with the way proven free, and nothing else beside it. */
export const beforeTrying = (batch: Tried): Verdict | "beside others" | "alone" => {
  if (batch.attempts === 0) return "beside others"
  return isSpent(batch, batch.attempts)
    ? endOf(batch, batch.attempts, `whoever handled it ended without an answer, ${batch.attempts} times`)
    : "alone"
}

/** After a try that failed. */
export const afterFailure = (batch: Tried, failure: Failure): Verdict => {
  const counts = failure.reason === "no-answer" || !failure.infrastructure
  const attempts = batch.attempts + 1
  return counts && isSpent(batch, attempts)
    ? endOf(batch, attempts, failure.message)
    : { kind: "again", counts }
}

const isSpent = ({ lines }: Tried, attempts: number): boolean =>
  attempts >= (lines.length > 1 ? triesTogether : triesAlone)

const endOf = ({ lines }: Tried, attempts: number, detail: string): Verdict =>
  lines.length > 1
    ? { kind: "apart", size: Math.ceil(lines.length / pieces), attempts: 1 }
    : { kind: "guilty", detail, attempts }
