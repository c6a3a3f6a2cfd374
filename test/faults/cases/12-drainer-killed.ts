/** 12: a drainer is killed with claimed batches; another claims them when their leases end. No event is lost or counted twice. */
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
      // The claimed batches belong to the killed drainer, since the next one is still starting.
      for (const batch of await world.queue.claimed()) orphans.add(batch)
      await world.passLeases()
    })
    prove(orphans.size > 0, `${world.moments} kills left no claimed batch`)
    return `killed ${drainer.counts.killed} times; ${orphans.size} claimed batches lost their owner`
  }
})
