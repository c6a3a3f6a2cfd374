/** 12: a drainer that dies holds batches; another gets them when their leases end, and no event is lost or counted twice. */
import { atRandomMoments, faultCase, prove } from "../case.ts"

export default faultCase({
  number: "12",
  name: "drainer killed (SIGKILL) with batches claimed",
  fault: async (world, random) => {
    const drainer = world.actor("drainer")
    const orphans = new Set<string>()
    await atRandomMoments(world, random, async () => {
      await drainer.up()
      await drainer.kill()
      // What is claimed now belongs to nobody that lives: the next drainer is only starting.
      for (const batch of await world.queue.claimed()) orphans.add(batch)
      await world.passLeases()
    })
    prove(orphans.size > 0, `${world.moments} kills struck no claimed batch`)
    return `killed ${drainer.counts.killed} times; ${orphans.size} claimed batches lost their owner`
  }
})
