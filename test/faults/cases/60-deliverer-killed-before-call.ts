/**
 * 60: Redis has given deliveries to a deliverer, which is killed before it makes their calls. They wait again when their
 * lease ends, and each is called by the next process.
 */
import { atRandomMoments, faultCase, prove } from "../case.ts"
import { breakAt } from "../reactions/redis-commands.ts"
import { callRule } from "../reactions/rules.ts"
import { reactionsOf, withReactions } from "../reactions/start.ts"

/** Deliveries that were claimed by a process that died before their calls. */
let uncalled: ReadonlyArray<string> = []

export default faultCase({
  number: "60",
  name: "deliverer killed after its claim, before the call",
  short: true,
  requires: withReactions(
    { targets: ["shop"], rules: [callRule("tell-shop", "shop", [0, 19])] },
    { through: { redis: ["deliverer"] } }
  ),
  fault: async (world, random) => {
    const deliverer = world.actor("deliverer")
    const shop = reactionsOf(world).target("shop")
    uncalled = []
    await atRandomMoments(world, random, async () => {
      await deliverer.up()
      const claimed = await breakAt(world.proxy("redis"), "down")
      await deliverer.kill()
      uncalled = [...uncalled, ...claimed.filter((id) => !shop.seen.has(id))]
      await world.proxy("redis").accept()
    })
    prove(uncalled.length > 0, "no delivery was claimed and not called")
    return `killed ${deliverer.counts.killed} times with ${uncalled.length} deliveries claimed and not called`
  },
  afterwards: (world) => {
    const { seen } = reactionsOf(world).target("shop")
    const called = uncalled.filter((id) => (seen.get(id)?.accepted ?? 0) > 0).length
    prove(called === uncalled.length, `${uncalled.length - called} of these were never called`)
    return "each of these was called by a later process"
  }
})
