/**
 * Targets whose deliveries this process does not claim for a moment, because one of them was released: the system of ours
 * that they need does not respond. Keeps a pause for each; lives as long as its inbox.
 */
import type { TargetName } from "../../../contracts/reactions/delivery.ts"
import { failureBackoffMs } from "./backoff.ts"

export interface RestingTargets {
  /** A delivery to it was released: returns for how long it rests, ms; longer each time. */
  readonly failed: (target: TargetName, now: number) => number
  readonly worked: (target: TargetName) => void
  /** Those that rest at that time, ms since 1970. */
  readonly at: (now: number) => ReadonlyArray<TargetName>
  /** When the first of them does not rest any more, ms from `now`; Infinity when none rests. */
  readonly endsIn: (now: number) => number
}

export const makeRestingTargets = (): RestingTargets => {
  const pauses = new Map<TargetName, { until: number; failures: number }>()
  const resting = (now: number) => [...pauses].filter(([, { until }]) => until > now)
  return {
    failed: (target, now) => {
      const pause = pauses.get(target) ?? { until: 0, failures: 0 }
      // Deliveries that fail at the same time are one failure.
      if (pause.until <= now) pause.failures += 1
      const pauseMs = failureBackoffMs(pause.failures)
      pause.until = Math.max(pause.until, now + pauseMs)
      pauses.set(target, pause)
      return pauseMs
    },
    worked: (target) => {
      pauses.delete(target)
    },
    at: (now) => resting(now).map(([target]) => target),
    endsIn: (now) => Math.min(...resting(now).map(([, { until }]) => until - now))
  }
}
