/** Why a call got no answer. */
import { Schema } from "effect"

/** A fixed list, to count by. */
export const CallFailureReason = Schema.Literals([
  /** The URL is none, or has a scheme other than http and https, or contains a user. */
  "bad url",
  /** A method, header or body that HTTP cannot carry. */
  "bad request",
  /** The host has an address that is not public, and WEBHOOK_ALLOW does not name it. */
  "refused address",
  /** The host's name has no address. */
  "no name",
  /** The connection could not be made or broke, or its certificate is not valid. */
  "no connection",
  /** The answer was not complete in time. */
  "timeout",
  /** The answer is not HTTP. */
  "bad answer",
  /** A redirect to another host, to nowhere, or one too many. */
  "redirect"
])
export type CallFailureReason = typeof CallFailureReason.Type

/** `message` is a sentence without secrets. `wasSent`: the request, or a part of it, may have reached the target. */
export class CallFailure extends Schema.TaggedError<CallFailure>()("CallFailure", {
  reason: CallFailureReason,
  message: Schema.String,
  wasSent: Schema.Boolean
}) {}
