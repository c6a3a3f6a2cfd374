/** 52: everything but Kafka loses power at the same moment: all actors and Redis (appendfsync always) are killed together. */
import { atRandomMoments, eventually, faultCase, pause, prove } from "../case.ts"
import { sessionsProof, withSessions } from "../sessions.ts"

export default faultCase({
  number: "52",
  name: "power-off of all actors and Redis together, appendfsync always",
  requires: withSessions(2),
  expects: { answers: ["503", "reset", "refused", "silent"], twins: true },
  fault: async (world, random) => {
    let killed = 0
    await atRandomMoments(world, random, async () => {
      const processes = world.groups().flatMap((group) => group.copies())
      await Promise.all([world.redis.kill(), ...processes.map((process) => process.kill())])
      killed += processes.length
      await pause(random.whole(100, 1_000))
      await world.redis.start()
      await Promise.all(processes.map((process) => process.up()))
      await eventually("leases are passed", () => world.passLeases().then(() => true))
    })
    prove(killed > 0, "nothing was killed")
    return `${world.moments} times ${killed / Math.max(1, world.moments)} processes and Redis were killed together`
  },
  afterwards: sessionsProof
})
