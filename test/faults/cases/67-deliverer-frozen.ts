/**
 * 67: one of two deliverers stands still for longer than its lease, in the middle of calls. The other one makes these calls
 * again; what the first one settles afterwards has no effect.
 */
import { atRandomMoments, eventually, faultCase, pause, prove } from "../case.ts"
import { callRule } from "../reactions/rules.ts"
import { leaseMs, reactionsOf, withReactions } from "../reactions/start.ts"
import type { Target } from "../reactions/target.ts"

/** How long a call takes, ms: so that some are in the middle when the deliverer stops. */
const slowMs = 150

/** How often deliveries were called: the number of those called more than once, and the most calls of one. */
const repeated = ({ seen }: Target): { readonly twice: number; readonly most: number } => {
  const calls = Array.from(seen.values(), (one) => one.calls)
  return { twice: calls.filter((count) => count > 1).length, most: calls.reduce((a, b) => Math.max(a, b), 0) }
}

const base = callRule("tell-shop", "shop", [0, 9])
const rule = { ...base, rule: { ...base.rule, limits: { concurrency: 64 } } }

export default faultCase({
  number: "67",
  name: "one of two deliverers frozen for longer than its lease, then awake again",
  short: true,
  requires: withReactions({ targets: ["shop"], rules: [rule] }, { actors: { deliverer: 2 } }),
  fault: async (world, random) => {
    const shop = reactionsOf(world).target("shop")
    const [first] = world.group("deliverer").copies()
    await shop.become({ slowMs })
    await atRandomMoments(world, random, async () => {
      const before = repeated(shop).twice
      await eventually(
        "calls that were under way are made again",
        async () => {
          await first?.up()
          first?.freeze()
          await pause(leaseMs + 1_000)
          const isRepeated = repeated(shop).twice > before
          first?.thaw()
          await pause(500)
          return isRepeated
        },
        60_000
      )
    })
    return `frozen ${world.moments} times or more for ${(leaseMs + 1_000) / 1000} s, with ${repeated(shop).twice} deliveries in the middle of their calls`
  },
  afterwards: (world) => {
    const { twice, most } = repeated(reactionsOf(world).target("shop"))
    prove(most === 2, `a delivery was called ${most} times`)
    return `${twice} deliveries were called twice under the same id, none more often`
  }
})
