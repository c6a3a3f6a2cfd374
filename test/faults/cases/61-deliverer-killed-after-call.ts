/**
 * 61: a target has answered, and the deliverer is killed before Redis knows. The call is made again under the same id, so
 * that a target that remembers ids sees each delivery once; the ledger counts it once.
 */
import { settleScript } from "../../../bridge/reaction-store/redis/settle-script.ts"
import { atRandomMoments, faultCase, prove } from "../case.ts"
import { breakAt } from "../reactions/redis-commands.ts"
import { callRule } from "../reactions/rules.ts"
import { reactionsOf, withReactions } from "../reactions/start.ts"
import { sentSha } from "../sent-sha.ts"

const sha = sentSha(settleScript)

/** Deliveries that were called by a process that died before Redis knew. */
let unsettled: ReadonlyArray<string> = []

export default faultCase({
  number: "61",
  name: "deliverer killed after the call, before the record of it",
  short: true,
  requires: withReactions(
    { targets: ["shop"], rules: [callRule("tell-shop", "shop", [0, 19])] },
    { through: { redis: ["deliverer"] } }
  ),
  fault: async (world, random) => {
    const deliverer = world.actor("deliverer")
    const { target, watch } = reactionsOf(world)
    const { seen } = target("shop")
    unsettled = []
    await atRandomMoments(world, random, async () => {
      await deliverer.up()
      const settled = await breakAt(world.proxy("redis"), "up", (data) => data.includes(sha))
      await deliverer.kill()
      const called = settled.filter((id) => seen.get(id)?.accepted === 1)
      const { inFlight } = await watch.ledger()
      prove(
        inFlight >= called.length,
        `${called.length} were called and not settled, but ${inFlight} are in flight`
      )
      unsettled = [...unsettled, ...called]
      await world.proxy("redis").accept()
    })
    prove(unsettled.length > 0, "no call was made whose delivery was not settled")
    return `killed ${deliverer.counts.killed} times with ${unsettled.length} deliveries called and not settled`
  },
  afterwards: (world) => {
    const { seen } = reactionsOf(world).target("shop")
    const again = unsettled.filter((id) => (seen.get(id)?.accepted ?? 0) > 1).length
    prove(again === unsettled.length, `${unsettled.length - again} of these were not called again`)
    return "each of these was called again under its id"
  }
})
