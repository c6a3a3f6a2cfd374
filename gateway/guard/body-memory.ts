/** Memory for the bodies that are being read, all together. Lives as long as the gateway. */
import type { CountRefused } from "./refusal-counter.ts"

export interface BodyMemory {
  /**
   * Reserves so many bytes; returns what gives them back (once, however often it is called), or undefined when there
   * is no room: then the client is told 503.
   */
  readonly reserve: (bytes: number) => (() => void) | undefined
  /** Bytes reserved now. */
  readonly reserved: () => number
}

export const bodyMemory = (mostBytes: number, countRefused: CountRefused): BodyMemory => {
  let reserved = 0
  return {
    reserve: (asked) => {
      // What a client says of its body may be no number at all.
      const bytes = asked > 0 ? asked : 0
      if (reserved + bytes > mostBytes) {
        countRefused("bodies")
        return undefined
      }
      reserved += bytes
      let isGiven = false
      return () => {
        if (isGiven) return
        isGiven = true
        reserved -= bytes
      }
    },
    reserved: () => reserved
  }
}
