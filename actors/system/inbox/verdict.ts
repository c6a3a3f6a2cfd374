/**
 * What becomes of a batch that was not handled: it comes again, it is taken apart to find the guilty event, or, when it
 * is a single event that has proven guilty, it is set aside.
 *
 * The fault of the surroundings (nobody there, no room, an outage) never counts. A crash that was answered counts at
 * once. The silence of whoever was asked counts only while other batches succeed, or to take apart what was suspect
 * already, which harms nobody. A claim whose claimer ended without a word counts too (the queue sees to that). Both may
 * still be an outage, so a single event is given up only after twice as many attempts, the last ones alone.
 */
import type { ClaimedBatch } from "../../../bridge/ingest-queue/service.ts"
import type { Failure } from "../../../contracts/failure.ts"

/** So many attempts may fail before a batch is taken apart, or an event that crashes is set aside. */
export const attemptsAllowed = 3

export type Verdict =
  /** It may be claimed again; `counts` says whether this was an attempt. */
  | { readonly kind: "again"; readonly counts: boolean }
  /** Pieces of `size` lines take its place, with `attempts` behind them. */
  | { readonly kind: "apart"; readonly size: number; readonly attempts: number }
  /** It is a single event, and guilty. */
  | { readonly kind: "guilty"; readonly detail: string }

type Tried = Pick<ClaimedBatch, "attempts" | "lines">

/** How a batch that has just been claimed may be handled. `alone`: with nothing else under way beside it. */
export const beforeTrying = ({ attempts, lines }: Tried): Verdict | "beside others" | "alone" => {
  if (attempts < attemptsAllowed) return "beside others"
  if (lines.length > 1) return apart(lines.length)
  if (attempts < 2 * attemptsAllowed) return "alone"
  return { kind: "guilty", detail: `whoever handled it ended without an answer, ${attempts} times` }
}

/** After a failure. `othersSucceed`: other batches have succeeded since this one failed before. */
export const afterFailure = (
  { attempts, lines }: Tried,
  failure: Failure,
  othersSucceed: boolean
): Verdict => {
  const isSilent = failure.reason === "no-answer"
  const isSuspect = isSilent ? othersSucceed || (lines.length > 1 && attempts > 0) : !failure.infrastructure
  if (!isSuspect || attempts + 1 < attemptsAllowed) return { kind: "again", counts: isSuspect }
  if (lines.length > 1) return apart(lines.length)
  if (isSilent && attempts + 1 < 2 * attemptsAllowed) return { kind: "again", counts: true }
  return { kind: "guilty", detail: failure.message }
}

/** Sixteen pieces; one more failure takes a piece apart again, and a single event is then tried alone. */
const apart = (lines: number): Verdict => {
  const size = Math.ceil(lines / 16)
  return { kind: "apart", size, attempts: size === 1 ? attemptsAllowed : attemptsAllowed - 1 }
}
