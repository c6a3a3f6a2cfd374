/**
 * 63: the Redis of queue and reactions (appendfsync always) is killed and started again; every second time all reactors and
 * deliverers are killed with it, as when the power fails.
 */
import { atRandomMoments, eventually, faultCase, pause, prove } from "../case.ts"
import { callRule } from "../reactions/rules.ts"
import { withReactions } from "../reactions/start.ts"

export default faultCase({
  number: "63",
  name: "Redis of the reactions killed, every second time with all reactors and deliverers, appendfsync always",
  short: true,
  requires: withReactions(
    {
      targets: ["shop", "chat"],
      rules: [callRule("tell-shop", "shop", [0, 19]), callRule("tell-chat", "chat", [10, 14])]
    },
    { actors: { reactor: 2, deliverer: 2 } }
  ),
  expects: { answers: ["503", "reset", "refused", "silent"], twins: true },
  fault: async (world, random) => {
    let together = 0
    await atRandomMoments(world, random, async (round) => {
      const processes =
        round % 2 === 0 ? [] : ["reactor", "deliverer"].flatMap((name) => world.group(name).copies())
      await Promise.all(processes.map((process) => process.up()))
      await Promise.all([world.redis.kill(), ...processes.map((process) => process.kill())])
      together += processes.length
      await pause(random.whole(100, 1_000))
      await world.redis.start()
      await eventually("leases are passed", () => world.passLeases().then(() => true))
    })
    prove(world.moments < 2 || together > 0, "nothing was killed together with Redis")
    return `Redis killed ${world.moments} times, ${together} reactors and deliverers together with it`
  }
})
