/** The memory budget for request bodies in flight, over all requests. Lives as long as the gateway. */
import type { CountRefused } from "./refusal-counter.ts"

export interface BodyMemory {
  /**
   * Reserves bytes. Returns a function that releases them (more calls have no effect), or undefined when the budget is
   * spent: the client gets 503.
   */
  readonly reserve: (bytes: number) => (() => void) | undefined
  /** Bytes reserved now. */
  readonly reserved: () => number
}

export const bodyMemory = (maxBytes: number, countRefused: CountRefused): BodyMemory => {
  let reserved = 0
  return {
    reserve: (requested) => {
      // A Content-Length may be NaN or negative.
      const bytes = requested > 0 ? requested : 0
      if (reserved + bytes > maxBytes) {
        countRefused("bodies")
        return undefined
      }
      reserved += bytes
      let isReleased = false
      return () => {
        if (isReleased) return
        isReleased = true
        reserved -= bytes
      }
    },
    reserved: () => reserved
  }
}
