/** Puts an attempt into the settlement of its delivery: delivered, on to the next step, tried again, or given up. Pure. */
import type {
  ClaimedDelivery,
  DeliveryOutcome,
  Settlement,
  TargetLimits
} from "../../bridge/reaction-store/service.ts"
import { type DeliveryContent, ownTargets } from "../../contracts/reactions/delivery.ts"
import { encodeContent } from "../../contracts/reactions/delivery-content.ts"
import { TemplateProblem } from "../rules/problem.ts"
import type { Renderer } from "../rules/render.ts"
import type { Attempt } from "./attempt.ts"
import { callRecord } from "./call-record.ts"
import type { DeliveredAs } from "./figures.ts"
import { nextAttempt } from "./retry-schedule.ts"

export interface SettledAs {
  readonly settlement: Settlement
  readonly as: DeliveredAs
}

/** No limits of its own: those of DELIVER_TARGET_CONCURRENCY. */
export const noLimits: TargetLimits = { concurrency: undefined, perSecond: undefined }

/** `now`: ms since 1970; `random`: at least 0 and below 1. */
export const settlementOf = (
  claimed: ClaimedDelivery,
  content: DeliveryContent,
  attempt: Attempt,
  { renderer, now, random }: { readonly renderer: Renderer; readonly now: number; readonly random: number }
): SettledAs => {
  const { verdict, call, spawn, suppressed } = attempt
  const { outcome, as } = outcomeOf(claimed, content, attempt, { renderer, now, random })
  const { id, lease, rule, target } = claimed
  const shownAs = as === "failed" ? "dead" : as
  const hold =
    verdict.kind === "later" && verdict.holds === true && verdict.retryAfter !== undefined
      ? { holdUntil: verdict.retryAfter }
      : {}
  return {
    as,
    settlement: {
      ...{ id, lease, outcome, health: verdict.kind === "worked" ? "worked" : verdict.health, ...hold },
      ...(verdict.kind === "never" && verdict.disables === true ? { disables: true } : {}),
      ...(call === undefined
        ? {}
        : { call: callRecord({ at: now, rule, target }, { ...call, outcome: shownAs }, renderer.mask) }),
      ...(spawn === undefined || spawn.length === 0 ? {} : { spawn }),
      ...(suppressed === undefined || suppressed.length === 0 ? {} : { suppressed })
    }
  }
}

const outcomeOf = (
  claimed: ClaimedDelivery,
  content: DeliveryContent,
  { verdict, answer }: Attempt,
  { renderer, now, random }: { readonly renderer: Renderer; readonly now: number; readonly random: number }
): { readonly outcome: DeliveryOutcome; readonly as: DeliveredAs } => {
  const { attempt, expires } = claimed
  // A target chooses what it redirects to, which may be a secret that it got.
  const why = verdict.kind === "worked" ? "" : renderer.mask(verdict.why)
  if (verdict.kind === "never") return givenUp(claimed, content, why, now)
  if (verdict.kind === "worked") {
    const answers =
      answer?.as === undefined ? content.answers : { ...content.answers, [answer.as]: answer.value }
    return nextStep(claimed, { ...content, answers }, renderer, now)
  }
  const at = nextAttempt(attempt, now, verdict.retryAfter, random)
  if (at < expires) return { outcome: { kind: "retry", at }, as: "retry" }
  return givenUp(claimed, content, `${why}; no further try fits into its time`, now)
}

/** Goes on to the next step that is wanted; delivered when there is none. */
const nextStep = (
  claimed: ClaimedDelivery,
  content: DeliveryContent,
  renderer: Renderer,
  now: number
): { readonly outcome: DeliveryOutcome; readonly as: DeliveredAs } => {
  const { event, answers, steps, limits } = content
  const context = { event, answers, seed: claimed.id }
  try {
    for (const [at, step] of steps.entries()) {
      if (at <= content.at || content.message !== undefined || !renderer.isWanted(step, context)) continue
      const next = {
        ...{ target: renderer.targetOf(step, context), content: encodeContent({ ...content, at }) },
        limits: { concurrency: limits?.concurrency, perSecond: limits?.perSecond }
      }
      return { outcome: { kind: "next", ...next }, as: "next" }
    }
    return { outcome: { kind: "delivered" }, as: "delivered" }
  } catch (problem) {
    if (!(problem instanceof TemplateProblem)) throw problem
    return givenUp(claimed, content, renderer.mask(problem.message), now)
  }
}

/** Goes to the dead letters, where a deliverer adds it to the list. */
export const givenUp = (
  { target, attempt, created }: ClaimedDelivery,
  content: DeliveryContent,
  reason: string,
  now: number
): { readonly outcome: DeliveryOutcome; readonly as: DeliveredAs } => ({
  as: "failed",
  outcome: {
    kind: "next",
    target: ownTargets.deadLetters,
    limits: noLimits,
    content: encodeContent({
      ...content,
      failure: { reason, target, attempts: attempt, first: created, last: now }
    })
  }
})
