/**
 * The one error of Spoor's services and requests, with a fixed list of reasons. Each reason defines whether a retry can
 * help, and whether the operation may have happened.
 */
import { Schema } from "effect"

const reasons = {
  /** An outside system is unreachable or temporarily refuses. Nothing was done. */
  unavailable: { retry: true, ambiguous: false },
  /** No responder serves the subject now. Nothing was done. */
  "no-responders": { retry: true, ambiguous: false },
  /** The responder is at its limit. Nothing was done. */
  busy: { retry: true, ambiguous: false },
  /** The deadline passed before the work began. Nothing was done. */
  expired: { retry: true, ambiguous: false },
  /** No reply in time, or the connection was lost after sending: the work may have been done. */
  timeout: { retry: true, ambiguous: true },
  /** No reply before the deadline: the responder may be slow, disconnected, or have crashed on this message. */
  "no-answer": { retry: true, ambiguous: true },
  /** The request, or the reply to finished work, is over the size limit: only a smaller request can help. */
  "too-large": { retry: false, ambiguous: true },
  /** The message does not follow its schema. */
  unreadable: { retry: false, ambiguous: false },
  /** A setting, or a combination of settings, cannot work: somebody must change it. Ends a process with exit code 78. */
  misconfigured: { retry: false, ambiguous: false },
  /** An unexpected error of the responder. Counts as an attempt at the batch. */
  crashed: { retry: true, ambiguous: true }
} as const

/** Why something failed: one of a fixed list. */
export const FailureReason = Schema.Literals(
  Object.keys(reasons) as [keyof typeof reasons, ...Array<keyof typeof reasons>]
).annotate({
  identifier: "FailureReason",
  description: "Why a request failed; contracts/README.md says for each whether a retry can help."
})
export type FailureReason = typeof FailureReason.Type

/** All reasons. */
export const failureReasons: ReadonlyArray<FailureReason> = FailureReason.literals

/**
 * `message` is a sentence for a person: what is wrong and what to do.
 *
 * @example
 * new Failure({ reason: "misconfigured", message: "GATEWAY_URL must be a URL like http://gateway:5222." })
 */
export class Failure extends Schema.TaggedError<Failure>()("Failure", {
  reason: FailureReason,
  message: Schema.String
}) {
  /** True when a retry can succeed. */
  get retry(): boolean {
    return reasons[this.reason].retry
  }
  /** True when the operation may have been done although it failed. */
  get ambiguous(): boolean {
    return reasons[this.reason].ambiguous
  }
  /** True when the batch is not the cause, so that the failure does not count as an attempt at it. */
  get infrastructure(): boolean {
    return isInfrastructure(this.reason)
  }
}

/** True for a reason of which the message is not the cause. */
export const isInfrastructure = (reason: FailureReason): boolean => reason !== "crashed"
