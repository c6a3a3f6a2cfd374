/**
 * A match as a delivery for the store, or as the reason why nothing is delivered. Renders only what the store needs to
 * know: the keys of gates, the `if` of the first steps, and the target. Pure.
 */
import { createHash } from "node:crypto"
import type { Gate, NewDelivery, Suppression } from "../../bridge/reaction-store/service.ts"
import { DeliveryId, ownTargets, type TargetName } from "../../contracts/reactions/delivery.ts"
import { encodeContent } from "../../contracts/reactions/delivery-content.ts"
import type { Often, Step } from "../../contracts/reactions/rule.ts"
import { ruleMs } from "./duration.ts"
import { TemplateProblem } from "./problem.ts"
import type { Renderer, TemplateContext } from "./render.ts"
import type { Match } from "./rule-set.ts"
import { stepsOf } from "./templates-of.ts"

/** The most rules that may cause an event one after another: a match of such an event is suppressed. */
export const maxHops = 5

/** Why a match is not delivered, besides the reasons of gates. */
export const suppressionReasons = {
  loop: "loop",
  noKey: "no key",
  templateFailed: "template failed",
  notWanted: "not wanted"
} as const

/** All reasons that the ledger may show: those above, those of gates, and that of a disabled target. */
export const allSuppressionReasons: ReadonlyArray<string> = [
  ...Object.values(suppressionReasons),
  "repeated",
  "not first",
  "too many",
  "target disabled"
]

/** What a delivery needs besides its match. Times in ms. */
export interface DeliveryOptions {
  /** Milliseconds since 1970. */
  readonly now: number
  /** `DELIVER_FOR`: how long a delivery is tried at most. */
  readonly deliverForMs: number
  readonly traceparent?: string | undefined
}

/** The id of the delivery of an event and a rule. */
export const deliveryId = (event: string, rule: string): DeliveryId => DeliveryId.make(`${event}.${rule}`)

/** Is it a match without a delivery? */
export const isSuppression = (one: NewDelivery | Suppression): one is Suppression => "reason" in one

/** The delivery of a match. Throws nothing. */
export const deliveryOf = (
  match: Match,
  renderer: Renderer,
  { now, deliverForMs, traceparent }: DeliveryOptions
): NewDelivery | Suppression => {
  const { rule, event } = match
  const suppressed = (reason: string): Suppression => ({ rule: rule.name, reason, count: 1 })
  if (event.hops >= maxHops) return suppressed(suppressionReasons.loop)
  const id = deliveryId(event.id, rule.name)
  const context: TemplateContext = { event, answers: {}, seed: id }
  const gate = gateOf(match, renderer, context)
  if (typeof gate === "string") return suppressed(gate)
  const steps = stepsOf(rule)
  const first = firstStep(steps, renderer, context)
  if (first === undefined) return suppressed(suppressionReasons.notWanted)
  return {
    id,
    rule: rule.name,
    target: first.target,
    limits: { concurrency: rule.limits?.concurrency, perSecond: rule.limits?.perSecond },
    due: now,
    expires: now + Math.min(deliverForMs, rule.for === undefined ? deliverForMs : ruleMs(rule.for)),
    content: encodeContent({
      ...{ v: 1, event, steps, at: first.at, answers: {} },
      ...(rule.limits === undefined ? {} : { limits: rule.limits }),
      ...(traceparent === undefined ? {} : { traceparent })
    }),
    gates: gate
  }
}

/** The first step that is wanted, and its target; undefined when none is. A failing `if` is left to the deliverer, which reports it. */
const firstStep = (
  steps: ReadonlyArray<Step>,
  renderer: Renderer,
  context: TemplateContext
): { readonly at: number; readonly target: TargetName } | undefined => {
  for (const [at, step] of steps.entries()) {
    try {
      if (renderer.isWanted(step, context)) return { at, target: renderer.targetOf(step, context) }
    } catch {
      return { at, target: ownTargets.none }
    }
  }
  return undefined
}

/** The gates of the rule for the event, or the reason why it cannot pass any. */
const gateOf = (
  { rule, event }: Match,
  renderer: Renderer,
  context: TemplateContext
): ReadonlyArray<Gate> | string => {
  const { often } = rule
  if (often === undefined || often === "each") return []
  const at = event.time
  if ("atMost" in often) {
    const perMs = ruleMs(often.per)
    const window = Math.floor(at / perMs) * perMs
    return [{ kind: "rate", key: rule.name, window, max: often.atMost, forMs: 2 * Math.max(perMs, 60_000) }]
  }
  const key = keyOf(often, renderer, context)
  if (key === undefined) return suppressionReasons.templateFailed
  if (key === "") return suppressionReasons.noKey
  const until = "once" in often ? at + ruleMs(often.within) : Number.POSITIVE_INFINITY
  return [{ kind: "once", key: `${rule.name} ${shortKey(key)}`, at, until }]
}

const keyOf = (
  often: Exclude<Often, "each" | { readonly atMost: number }>,
  renderer: Renderer,
  context: TemplateContext
): string | undefined => {
  try {
    return renderer.text("once" in often ? often.once : often.first, context).trim()
  } catch (error) {
    if (error instanceof TemplateProblem) return undefined
    throw error
  }
}

/** Keys come from clients and may have any length; a long one is stored as its digest. */
const maxKeyChars = 100
const shortKey = (key: string): string =>
  key.length <= maxKeyChars ? key : createHash("sha256").update(key, "utf8").digest("hex")
