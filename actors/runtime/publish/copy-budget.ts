/**
 * A token bucket for copies of events: a limit per second, and the same amount at once after a pause. Events over the
 * limit are dropped; nothing waits. Lives as long as the actor that copies.
 */

export interface CopyLimits {
  readonly events: number
  readonly bytes: number
}

/** The limits of one stage of one actor, per second. */
export const copyLimits: CopyLimits = { events: 2_000, bytes: 1024 * 1024 }

export interface CopyBudget {
  /** Whether one more event may be copied at `now` (milliseconds). */
  readonly isOpen: (now: number) => boolean
  /** Takes one event of `bytes` bytes from the budget; the last one may exceed what was left. */
  readonly spend: (bytes: number) => void
}

export const copyBudget = (limits: CopyLimits = copyLimits): CopyBudget => {
  let { events, bytes } = limits
  let filledAt = Number.NEGATIVE_INFINITY
  return {
    isOpen: (now) => {
      const elapsed = Math.min(Math.max(now - filledAt, 0) / 1_000, 1)
      filledAt = now
      // The first call finds it full, and so does one after a second, except for what an oversized event overdrew.
      events = Math.min(limits.events, events + elapsed * limits.events)
      bytes = Math.min(limits.bytes, bytes + elapsed * limits.bytes)
      return events >= 1 && bytes > 0
    },
    spend: (weight) => {
      events -= 1
      bytes -= weight
    }
  }
}
