/**
 * Token buckets by name, in bounded memory. Each bucket is one number: the time at which it is full again (generic cell
 * rate algorithm). Lives as long as the gateway.
 */
import type { Rate } from "./rate.ts"

/** The minimum number of names that are kept; the maximum is twice as many, about 10 MB. */
export const minTrackedNames = 50_000

export interface Spent {
  readonly name: string
  /** The tokens taken, as the time in which they are refilled, milliseconds. */
  readonly cost: number
}

export interface TokenBuckets {
  /**
   * Takes all events or none. Returns 0 when they were taken, otherwise the time until they can be taken, milliseconds.
   * More events than the burst require a full bucket, which then takes proportionally longer to refill.
   */
  readonly take: (name: string, events: number, now: number) => number
  /** What was taken since the last call, of at most `limit` names. Recorded only for shared limits. */
  readonly spent: (limit: number) => ReadonlyArray<Spent>
  /** Sets the time until a bucket is full, as computed over all gateways, milliseconds. */
  readonly update: (name: string, untilFullMs: number, now: number) => void
  readonly size: () => number
}

/**
 * The least recently used names are dropped first, and their buckets count as full again: a client with more addresses
 * than the table holds is not limited per address anyway.
 */
export const makeTokenBuckets = (
  { intervalMs, burst }: Rate,
  { isShared = false, limit = minTrackedNames }: { isShared?: boolean; limit?: number } = {}
): TokenBuckets => {
  let recent = new Map<string, number>()
  let older = new Map<string, number>()
  let unreported = new Map<string, number>()

  const fullAt = (name: string, now: number): number =>
    Math.max(recent.get(name) ?? older.get(name) ?? now, now)

  const set = (name: string, at: number): void => {
    if (recent.size >= limit && !recent.has(name)) {
      older = recent
      recent = new Map()
    }
    recent.set(name, at)
  }

  return {
    take: (name, events, now) => {
      const full = fullAt(name, now)
      const waitMs = full + Math.min(events, burst) * intervalMs - burst * intervalMs - now
      // A rounding error must not refuse the last event of a burst.
      if (waitMs > 1e-6) return waitMs
      set(name, full + events * intervalMs)
      if (isShared && (unreported.has(name) || unreported.size < limit)) {
        unreported.set(name, (unreported.get(name) ?? 0) + events * intervalMs)
      }
      return 0
    },
    spent: (maxNames) => {
      if (unreported.size <= maxNames) {
        const all = Array.from(unreported, ([name, cost]) => ({ name, cost }))
        unreported = new Map()
        return all
      }
      const some: Array<Spent> = []
      for (const [name, cost] of unreported) {
        if (some.length === maxNames) break
        some.push({ name, cost })
        unreported.delete(name)
      }
      return some
    },
    update: (name, untilFullMs, now) => set(name, now + untilFullMs + (unreported.get(name) ?? 0)),
    size: () => recent.size + older.size
  }
}
