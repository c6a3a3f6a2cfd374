/** 50: a keyed actor has committed state, timers and outputs and is killed before it commits its offset: nothing counts twice. */
import { atRandomMoments, faultCase, prove } from "../case.ts"
import { asAdmin } from "../kafka-admin.ts"
import { requestsIn } from "../kafka-requests.ts"
import { sessionsProof, withSessions } from "../sessions.ts"
import type { World } from "../world.ts"

/** Number of records that the actor has handled beyond its committed offsets. */
const ahead = async (world: World): Promise<number> => {
  const topic = `${world.topic}-by-visit`
  const [committed] = await asAdmin(world, (admin) =>
    admin.fetchOffsets({ groupId: "spoor-sessions", topics: [topic] })
  )
  let records = 0
  for (const { partition, offset } of committed?.partitions ?? []) {
    const next = await world.queue.redis.hget(`{spoor:keyed:sessions:${topic}-${partition}}:meta`, "next")
    records += Math.max(0, Number(next ?? 0) - Math.max(0, Number(offset)))
  }
  return records
}

export default faultCase({
  number: "50",
  name: "keyed actor killed after its effect, before its commit",
  requires: { ...withSessions(1), through: { kafka: ["sessions"] } },
  fault: async (world, random) => {
    const sessions = world.actor("sessions")
    let uncommitted = 0
    await atRandomMoments(world, random, async () => {
      await sessions.up()
      await world.proxy("kafka").cutBefore((data) => requestsIn(data, "commit").length > 0)
      await sessions.kill()
      uncommitted += await ahead(world)
    })
    prove(uncommitted > 0, "no kill came between an effect and its commit")
    return `killed ${sessions.counts.killed} times with ${uncommitted} records handled and not committed`
  },
  afterwards: sessionsProof
})
