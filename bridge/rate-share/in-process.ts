/** The shared limits of gateways in one process, gone with it. */
import { Clock, Effect } from "effect"
import type { RateShare } from "./service.ts"

/** So many names are kept before those with a full bucket are looked for and forgotten. */
const keptNames = 100_000

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
      if (fullAt.size > keptNames) for (const [key, full] of fullAt) if (full <= now) fullAt.delete(key)
      return costs.map(({ name, cost }) => add(`${table}:${name}`, cost, now))
    })
  }
}
