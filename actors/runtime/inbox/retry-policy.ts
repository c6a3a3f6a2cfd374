/**
 * Decides what happens to a batch that was not stored: it is retried, it is split to find the event that fails, or, when
 * it is a single event that keeps failing (poison), it becomes a dead letter. Pure.
 *
 * Two things count as an attempt at a batch: a crash that the actor reported, and a claimer that ended without
 * releasing it (the queue counts that when another claimer takes the batch over). A missing actor, a full mailbox and a
 * reported outage never count. A request without an answer, and a claimer that ended, may also be caused by an outage.
 * The first of these therefore only makes the batch a poison candidate: from then on it is tried only directly after
 * a successful probe of the path to the log (downstream-probe.ts), with no other batch in flight beside it. A missing
 * answer counts only in such a try, and then the first one is counted too. A candidate is not held while the path is
 * probed, so a claim that ends without a release has ended within such a try.
 *
 * Number of tries: two with several events together and one more for each part, so 2 + 1 + 2 for one event out of a
 * thousand; three for an event that came alone, the first of them beside other batches. Only one drainer knows that a
 * batch had no answer: each other drainer may try it once more before that counts.
 *
 * NOTE: a coincidence can still cause a wrong decision. An outage that begins between the probe and the end of the try counts against that
 * batch, and two of those in a row at the same single event make it a dead letter. The probe checks whether the log
 * answers and whether it stored the last records it was given, not whether it will store these.
 */
import type { ClaimedBatch } from "../../../bridge/ingest-queue/service.ts"
import type { Failure } from "../../../contracts/failure.ts"

/** Failed tries after which a batch of several events is split, and after which a single event is a dead letter. */
export const maxTriesOfBatch = 2
export const maxTriesOfEvent = 3

/** A batch is split into at most this many parts: two steps from a thousand events to one. */
const maxParts = 32

export type RetryDecision =
  /** It may be claimed again; `counts` says whether this was an attempt. */
  | { readonly kind: "retry"; readonly counts: boolean }
  /** Parts of `size` lines replace it, with `attempts` already made; a single event is not split. */
  | { readonly kind: "split"; readonly size: number; readonly attempts: number }
  /** It is a single event and poison; `attempts` is the number of tries. */
  | { readonly kind: "poison"; readonly detail: string; readonly attempts: number }

export interface TriedBatch extends Pick<ClaimedBatch, "attempts" | "lines"> {
  /** It had no answer in this process before, which was not counted then. */
  readonly hadNoAnswer: boolean
}

/**
 * How a batch that has just been claimed may be handled. `alone`: after a successful probe, with no other batch in
 * flight.
 */
export const beforeTrying = (batch: TriedBatch): RetryDecision | "beside others" | "alone" => {
  const { attempts, hadNoAnswer } = batch
  if (attempts === 0 && !hadNoAnswer) return "beside others"
  return isSpent(batch, attempts)
    ? splitOrPoison(batch, attempts, `the process that handled it ended without an answer, ${attempts} times`)
    : "alone"
}

/** Whether the responder did not reply at all. */
export const isNoAnswer = ({ reason }: Failure): boolean => reason === "no-answer"

/** The decision after a failed try; `isProbed`: the path had been probed successfully just before it. */
export const afterFailure = (batch: TriedBatch, failure: Failure, isProbed: boolean): RetryDecision => {
  const hasNoAnswer = isNoAnswer(failure)
  const counts = hasNoAnswer ? isProbed : !failure.infrastructure
  if (!counts) return { kind: "retry", counts }
  const isFirstUncounted = hasNoAnswer && batch.hadNoAnswer && batch.attempts === 0
  const attempts = batch.attempts + (isFirstUncounted ? 2 : 1)
  if (isSpent(batch, attempts)) return splitOrPoison(batch, attempts, failure.message)
  return isFirstUncounted ? { kind: "split", size: batch.lines.length, attempts } : { kind: "retry", counts }
}

const isSpent = ({ lines }: TriedBatch, attempts: number): boolean =>
  attempts >= (lines.length > 1 ? maxTriesOfBatch : maxTriesOfEvent)

const splitOrPoison = ({ lines }: TriedBatch, attempts: number, detail: string): RetryDecision =>
  lines.length > 1
    ? { kind: "split", size: Math.ceil(lines.length / maxParts), attempts: 1 }
    : { kind: "poison", detail, attempts }
