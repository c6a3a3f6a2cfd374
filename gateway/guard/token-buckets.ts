/**
 * Token buckets by name, in bounded memory. Of each only one number is kept: the moment at which it will be full again
 * (the generic cell rate algorithm). Lives as long as the gateway.
 */
import type { Rate } from "./rate.ts"

/** How many names are remembered at least; never more than twice as many. Some 10 MB when full. */
export const minTrackedNames = 50_000

export interface Spent {
  readonly name: string
  /** What was taken of it, in milliseconds of its filling. */
  readonly cost: number
}

export interface TokenBuckets {
  /**
   * Takes `events` at once, or none. 0 when they were taken, else the milliseconds after which they can be. More events
   * than a burst holds are taken from a full bucket, which then takes as long as they are many to fill again.
   */
  readonly take: (name: string, events: number, now: number) => number
  /** What has been taken since the last time this was asked, of at most `limit` names. Kept only where it is shared. */
  readonly spent: (limit: number) => ReadonlyArray<Spent>
  /** A bucket is, for all gateways together, so many milliseconds from being full. */
  readonly learn: (name: string, ahead: number, now: number) => void
  readonly size: () => number
}

/**
 * Names that were not used for longest are forgotten first, which makes their buckets full: who can send from more
 * addresses than are remembered is not held by a limit per address anyway.
 */
export const makeTokenBuckets = (
  { interval, burst }: Rate,
  { isShared = false, limit = minTrackedNames }: { isShared?: boolean; limit?: number } = {}
): TokenBuckets => {
  let young = new Map<string, number>()
  let old = new Map<string, number>()
  let taken = new Map<string, number>()

  const fullAt = (name: string, now: number): number => Math.max(young.get(name) ?? old.get(name) ?? now, now)

  const set = (name: string, at: number): void => {
    if (young.size >= limit && !young.has(name)) {
      old = young
      young = new Map()
    }
    young.set(name, at)
  }

  return {
    take: (name, events, now) => {
      const full = fullAt(name, now)
      const wait = full + Math.min(events, burst) * interval - burst * interval - now
      // A hair of rounding must not refuse the last event of a burst.
      if (wait > 1e-6) return wait
      set(name, full + events * interval)
      if (isShared && (taken.has(name) || taken.size < limit)) {
        taken.set(name, (taken.get(name) ?? 0) + events * interval)
      }
      return 0
    },
    spent: (most) => {
      if (taken.size <= most) {
        const all = Array.from(taken, ([name, cost]) => ({ name, cost }))
        taken = new Map()
        return all
      }
      const some: Array<Spent> = []
      for (const [name, cost] of taken) {
        if (some.length === most) break
        some.push({ name, cost })
        taken.delete(name)
      }
      return some
    },
    learn: (name, ahead, now) => set(name, now + ahead + (taken.get(name) ?? 0)),
    size: () => young.size + old.size
  }
}
