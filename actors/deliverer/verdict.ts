/** What an answer, or its absence, means for a delivery. Pure. */
import type { CallFailure, CallFailureReason } from "../../bridge/outgoing-http/call-failure.ts"
import type { TargetHealth } from "../../bridge/reaction-store/service.ts"
import { readRetryAfter } from "./retry-schedule.ts"

/**
 * `worked`: delivered, or on to the next step. `later`: tried again, not before `retryAfter` (ms since 1970), which is a
 * wish for the whole target with `holds`. `never`: given up; with `disables` the rule does not call that target again.
 */
export type Verdict =
  | { readonly kind: "worked" }
  | {
      readonly kind: "later"
      readonly why: string
      readonly health: TargetHealth
      readonly retryAfter?: number | undefined
      readonly holds?: boolean
    }
  | {
      readonly kind: "never"
      readonly why: string
      readonly health: TargetHealth
      readonly disables?: boolean
    }

/** Refusals that may pass: timeout, conflict, too early, too many requests. */
const passing = [408, 409, 425, 429]

/** The longest time that a target can ask to be left alone, ms. */
const maxHoldMs = 24 * 3_600_000

/** The verdict on an answer. `accepts`: which status codes the rule takes as delivered. */
export const verdictOn = (
  { status, headers }: { readonly status: number; readonly headers: Readonly<Record<string, string>> },
  accepts: (status: number) => boolean,
  now: number
): Verdict => {
  if (accepts(status)) return { kind: "worked" }
  const why = `the target answers ${status}`
  if (status === 410) return { kind: "never", why: `${why}: it is gone`, health: "worked", disables: true }
  const isOverloaded = status === 429 || status >= 500
  if (!isOverloaded && !passing.includes(status)) return { kind: "never", why, health: "worked" }
  const asked = readRetryAfter(headers["retry-after"], now)
  const retryAfter = asked === undefined ? undefined : Math.min(asked, now + maxHoldMs)
  const holds = retryAfter !== undefined && (status === 429 || status === 503)
  return { kind: "later", why, health: isOverloaded ? "failed" : "unknown", retryAfter, holds }
}

/** Failures that another try cannot change, and what they say of the target. */
const final: Partial<Record<CallFailureReason, TargetHealth>> = {
  "bad url": "unknown",
  "bad request": "unknown",
  "refused address": "unknown",
  redirect: "worked"
}

/** The verdict on a call without an answer. */
export const verdictOnFailure = ({ reason, message }: CallFailure): Verdict => {
  const health = final[reason]
  return health === undefined
    ? { kind: "later", why: message, health: "failed" }
    : { kind: "never", why: message, health }
}
