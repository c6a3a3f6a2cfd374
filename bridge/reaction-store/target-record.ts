/**
 * What a store knows of a target, and the rules of when something of it can be claimed: pauses, holds, the circuit breaker,
 * calls at the same time and calls per second. Pure; the scripts of Redis have the same rules (redis/target-script.ts).
 */
import type { BreakerRules, TargetHealth, TargetLimits, TargetState } from "./service.ts"

/** Times in ms since 1970; 0: never. */
export interface TargetRecord {
  waiting: number
  inFlight: number
  /** Deliveries that were made due by a resume have a lower round than those that came later. */
  round: number
  /** When something of it was claimed last: the others have their turn first. */
  served: number
  isPaused: boolean
  heldUntil: number
  /** The breaker is not closed: nobody calls until `openUntil`, then one call is tried. */
  isTripped: boolean
  openUntil: number
  openMs: number
  failures: number
  worked: number
  failed: number
  lastCall: number
  /** When the calls that were made would all be allowed, had they come evenly (GCRA). */
  paidUntil: number
  /** The limits by the rules that have some, and when a delivery of it came last: the strictest of them applies. */
  limits: Record<string, { concurrency?: number; perSecond?: number; at?: number }>
  disabledFor: Array<string>
}

export const newTarget = (): TargetRecord => ({
  ...{ waiting: 0, inFlight: 0, round: 0, served: 0, isPaused: false, heldUntil: 0 },
  ...{ isTripped: false, openUntil: 0, openMs: 0, failures: 0, worked: 0, failed: 0, lastCall: 0 },
  ...{ paidUntil: 0, limits: {}, disabledFor: [] }
})

/** How long a target without deliveries and without a state is remembered, milliseconds. */
export const targetMemoryMs = 24 * 3_600_000

/** Takes note of the limits that the deliveries of a rule have. */
export const limit = (target: TargetRecord, rule: string, limits: TargetLimits, now: number): void => {
  const { concurrency, perSecond } = limits
  if (concurrency === undefined && perSecond === undefined) delete target.limits[rule]
  else
    target.limits[rule] = {
      at: now,
      ...(concurrency === undefined ? {} : { concurrency }),
      ...(perSecond === undefined ? {} : { perSecond })
    }
}

/** How many deliveries of the target may be claimed at `now`; `concurrency`: the limit when it has none of its own. */
export const allowance = (target: TargetRecord, now: number, concurrency: number): number => {
  if (target.isPaused || target.heldUntil > now) return 0
  if (target.isTripped) return target.openUntil > now || target.inFlight > 0 ? 0 : 1
  const free = strictest(target, "concurrency", concurrency) - target.inFlight
  const rate = strictest(target, "perSecond", Number.POSITIVE_INFINITY)
  if (rate === Number.POSITIVE_INFINITY) return Math.max(0, free)
  const paid = Math.max(target.paidUntil, now)
  return Math.max(0, Math.min(free, Math.floor(burstOf(rate) - ((paid - now) * rate) / 1000 + rounding)))
}

/** Takes note of claims. */
export const claimed = (target: TargetRecord, count: number, now: number): void => {
  const rate = strictest(target, "perSecond", Number.POSITIVE_INFINITY)
  if (rate !== Number.POSITIVE_INFINITY)
    target.paidUntil = Math.max(target.paidUntil, now) + (count * 1000) / rate
  target.waiting -= count
  target.inFlight += count
  target.served = now
}

/**
 * When something of the target can be claimed, ms since 1970; undefined: not before something else changes. `due`: when its
 * first waiting delivery is due; undefined when none waits.
 */
export const claimableAt = (
  target: TargetRecord,
  due: number | undefined,
  concurrency = Number.POSITIVE_INFINITY
): number | undefined => {
  if (due === undefined || target.isPaused) return undefined
  if (target.isTripped)
    return target.inFlight > 0 ? undefined : Math.max(due, target.served, target.heldUntil, target.openUntil)
  if (target.inFlight >= strictest(target, "concurrency", concurrency)) return undefined
  const rate = strictest(target, "perSecond", Number.POSITIVE_INFINITY)
  const paid = rate === Number.POSITIVE_INFINITY ? 0 : target.paidUntil - ((burstOf(rate) - 1) * 1000) / rate
  return Math.max(due, target.served, target.heldUntil, Math.ceil(paid))
}

/**
 * A clock that was set back does not stop a target: it was not served in the future, nor called more often than allowed. The
 * limits of a rule that has had no delivery for a day are forgotten when nothing waits: it may be gone.
 */
export const followClock = (target: TargetRecord, now: number): void => {
  for (const [rule, { at = now }] of Object.entries(target.limits))
    if (target.waiting === 0 && at < now - targetMemoryMs) delete target.limits[rule]
  const rate = strictest(target, "perSecond", Number.POSITIVE_INFINITY)
  target.served = Math.min(target.served, now)
  if (rate !== Number.POSITIVE_INFINITY)
    target.paidUntil = Math.min(target.paidUntil, now + (burstOf(rate) * 1000) / rate)
}

/** The breaker after a call. A failure while it is open changes nothing; one after that opens it for twice as long. */
export const called = (
  target: TargetRecord,
  health: TargetHealth,
  rules: BreakerRules,
  now: number
): void => {
  if (health === "unknown") return
  target.lastCall = now
  if (health === "worked") {
    target.worked += 1
    close(target)
    return
  }
  target.failed += 1
  target.failures += 1
  const opens = target.isTripped ? target.openUntil <= now : target.failures >= rules.failures
  if (!opens) return
  target.openMs = Math.min(target.isTripped ? target.openMs * 2 : rules.openMs, rules.maxOpenMs)
  target.isTripped = true
  target.openUntil = now + target.openMs
}

/** Ends a pause and a hold, closes the breaker, and makes all that waits due. */
export const resume = (target: TargetRecord): void => {
  close(target)
  target.isPaused = false
  target.heldUntil = 0
  target.round += 1
}

/** The state as people see it, and until when it lasts. */
export const stateOf = (
  target: TargetRecord,
  now: number
): { readonly state: TargetState; readonly until: number | undefined } => {
  if (target.isPaused) return { state: "paused", until: undefined }
  if (target.isTripped && target.openUntil > now) return { state: "open", until: target.openUntil }
  if (target.heldUntil > now) return { state: "held", until: target.heldUntil }
  return { state: target.isTripped ? "half-open" : "closed", until: undefined }
}

/** True when nothing is lost by forgetting the target. */
export const isForgettable = ({ waiting, inFlight, isPaused, disabledFor }: TargetRecord): boolean =>
  waiting === 0 && inFlight === 0 && !isPaused && disabledFor.length === 0

const close = (target: TargetRecord): void => {
  target.isTripped = false
  target.openUntil = 0
  target.openMs = 0
  target.failures = 0
}

const strictest = (target: TargetRecord, name: keyof TargetLimits, without: number): number => {
  const own = Object.values(target.limits).flatMap((limits) => limits[name] ?? [])
  return own.length === 0 ? without : Math.min(...own)
}

/** Calls that may be made at once: those of a tenth of a second, at least one. */
const burstOf = (perSecond: number): number => Math.max(1, Math.ceil(perSecond / 10))

/** Fractions of a millisecond that are lost in sums of floating-point numbers. */
const rounding = 1e-6
