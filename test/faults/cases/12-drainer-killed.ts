/** 12: a drainer that dies holds batches; another gets them when their leases end, and no event is lost or counted twice. */
import { atRandomMoments, faultCase, prove } from "../case.ts"

export default faultCase({
  number: "12",
  name: "drainer killed (SIGKILL) with batches claimed",
  short: true,
  fault: async (world, random) => {
    const drainer = world.actor("drainer")
    let orphans = 0
    await atRandomMoments(world, random, async () => {
      await drainer.up()
      await drainer.kill()
      // What is claimed now belongs to nobody that lives: the next drainer is only starting.
      orphans += (await world.queue.claimed()).length
      await world.passLeases()
    })
    prove(orphans > 0, `${world.moments} kills struck no claimed batch`)
    return `killed ${drainer.counts.killed} times; ${orphans} claimed batches lost their owner`
  }
})
