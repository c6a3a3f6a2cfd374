/** The shared rate limits within one process; their state ends with the process. */
import { Clock, Effect } from "effect"
import type { RateShare } from "./service.ts"

/** Above this number, names with a full bucket are removed. */
const maxNames = 100_000

export const inProcessRateShare = (): RateShare["Service"] => {
  const fullAt = new Map<string, number>()

  const add = (key: string, cost: number, now: number): number => {
    const full = Math.max(fullAt.get(key) ?? 0, now) + cost
    fullAt.set(key, full)
    return Math.ceil(full - now)
  }

  return {
    dependency: { kind: "in-process", embedded: true, address: "this process", check: Effect.void },
    spend: Effect.fnUntraced(function* (table, costs) {
      const now = yield* Clock.currentTimeMillis
      if (fullAt.size > maxNames) for (const [key, full] of fullAt) if (full <= now) fullAt.delete(key)
      return costs.map(({ name, cost }) => add(`${table}:${name}`, cost, now))
    })
  }
}
