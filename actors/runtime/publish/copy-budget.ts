/**
 * How much may be copied for people who look: so much a second, and as much at once after a pause. What is over it is
 * left out, never waited for. Lives as long as who copies.
 */

export interface CopyLimits {
  readonly events: number
  readonly bytes: number
}

/** Of one stage of one actor, each second. */
export const copyLimits: CopyLimits = { events: 2_000, bytes: 1024 * 1024 }

export interface CopyBudget {
  /** May one more be copied at this moment (milliseconds)? */
  readonly isOpen: (now: number) => boolean
  /** One of so many bytes was copied; the last one may be more than what was left. */
  readonly spend: (bytes: number) => void
}

export const copyBudget = (limits: CopyLimits = copyLimits): CopyBudget => {
  let { events, bytes } = limits
  let filled = Number.NEGATIVE_INFINITY
  return {
    isOpen: (now) => {
      const share = Math.min(Math.max(now - filled, 0) / 1_000, 1)
      filled = now
      // The first look finds it full; so does one after a second, but for what an oversized event has borrowed.
      events = Math.min(limits.events, events + share * limits.events)
      bytes = Math.min(limits.bytes, bytes + share * limits.bytes)
      return events >= 1 && bytes > 0
    },
    spend: (weight) => {
      events -= 1
      bytes -= weight
    }
  }
}
