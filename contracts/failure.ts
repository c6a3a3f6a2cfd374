/**
 * Everything that can go wrong between parts of Spoor, as one error with a short list of reasons.
 * Each reason says whether trying the same thing again can help, and whether it may already have happened.
 */
import { Schema } from "effect"

const reasons = {
  /** A system we depend on cannot be reached, or says that it cannot do it now. Nothing was done. */
  unavailable: { retry: true, ambiguous: false },
  /** Nobody serves that subject at the moment. Nothing was done. */
  "no-responders": { retry: true, ambiguous: false },
  /** The one asked has all the work it may take. Nothing was done. */
  busy: { retry: true, ambiguous: false },
  /** The deadline had passed before the work began. Nothing was done. */
  expired: { retry: true, ambiguous: false },
  /** No answer in time, or the connection was lost after sending: it may or may not have been done. */
  timeout: { retry: true, ambiguous: true },
  /** The one asked over the bus was silent until the deadline: it may be slow, cut off, or have ended over it. */
  "no-answer": { retry: true, ambiguous: true },
  /** A request, or the answer to what was done, larger than can be sent in one piece: only smaller pieces can help. */
  "too-large": { retry: false, ambiguous: true },
  /** The message does not follow its schema. */
  unreadable: { retry: false, ambiguous: false },
  /** A setting, or settings together, cannot work: somebody must change them. Ends a process with exit code 78. */
  misconfigured: { retry: false, ambiguous: false },
  /** The one asked failed in a way it did not foresee. Counts as an attempt at the batch. */
  crashed: { retry: true, ambiguous: true }
} as const

export const FailureReason = Schema.Literals(
  Object.keys(reasons) as [keyof typeof reasons, ...Array<keyof typeof reasons>]
)
export type FailureReason = typeof FailureReason.Type

/** The one error of Spoor's seams and conversations; `message` is a sentence for a person. */
export class Failure extends Schema.TaggedError<Failure>()("Failure", {
  reason: FailureReason,
  message: Schema.String
}) {
  /** Can the same thing succeed when tried again? */
  get retry(): boolean {
    return reasons[this.reason].retry
  }
  /** May it have been done although it failed? */
  get ambiguous(): boolean {
    return reasons[this.reason].ambiguous
  }
  /** Is it the fault of what surrounds the batch, so that it must not count as an attempt at it? */
  get infrastructure(): boolean {
    return this.reason !== "crashed"
  }
}
