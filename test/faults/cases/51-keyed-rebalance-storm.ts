/** 51: keyed actors are started, stopped and killed under load: partitions move, and each session is exact. */
import { atRandomMoments, faultCase, pause, prove } from "../case.ts"
import { sessionsProof, withSessions } from "../sessions.ts"

const counts = [3, 2, 1] as const

export default faultCase({
  number: "51",
  name: "rebalance storm of a keyed actor: 1, 3, 2 processes and back, under load",
  requires: withSessions(1),
  fault: async (world, random) => {
    const sessions = world.group("sessions")
    let changes = 0
    await atRandomMoments(world, random, async (round) => {
      for (const count of counts) {
        await sessions.scale(count, round % 2 === 0 ? "SIGTERM" : "SIGKILL")
        changes += 1
        await pause(random.whole(200, 2_000))
      }
    })
    prove(changes > 0, "the group never changed")
    return `the group changed ${changes} times`
  },
  afterwards: sessionsProof
})
