/** 66: reactors are started, stopped and killed under load: partitions move, and each event matches once. */
import { atRandomMoments, faultCase, pause, prove } from "../case.ts"
import { callRule } from "../reactions/rules.ts"
import { withReactions } from "../reactions/start.ts"

const counts = [3, 2, 1] as const

export default faultCase({
  number: "66",
  name: "rebalance storm of reactors: 1, 3, 2 processes and back, under load",
  requires: withReactions({ targets: ["shop"], rules: [callRule("tell-shop", "shop", [0, 39])] }),
  fault: async (world, random) => {
    const reactors = world.group("reactor")
    let changes = 0
    await atRandomMoments(world, random, async (round) => {
      for (const count of counts) {
        await reactors.scale(count, round % 2 === 0 ? "SIGTERM" : "SIGKILL")
        changes += 1
        await pause(random.whole(200, 2_000))
      }
    })
    prove(changes > 0, "the group never changed")
    return `the group changed ${changes} times`
  }
})
