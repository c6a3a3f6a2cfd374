/** 12: a drainer that dies holds batches; another gets them when their leases end, and no event is lost or counted twice. */
import { atRandomMoments, faultCase, prove } from "../case.ts"

export default faultCase({
  number: "12",
  name: "drainer killed (SIGKILL) with batches claimed",
  fault: async (world, random) => {
    let orphans = 0
    await atRandomMoments(world, random, async () => {
      const drainer = world.actor("drainer")
      await drainer.up()
      await drainer.kill()
      // What is claimed now belongs to nobody that lives: the next drainer is only starting.
      orphans += (await world.queue.claimed()).length
    })
    prove(orphans > 0, `${world.moments} kills struck no claimed batch`)
    return `killed ${world.actor("drainer").counts.killed} times with ${orphans} batches claimed in all`
  }
})
