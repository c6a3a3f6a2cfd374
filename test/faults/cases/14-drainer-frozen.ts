/**
 * 14: a drainer is frozen with batches in its hands until their leases have long ended and another has seen them
 * through. When it wakes up it settles them late: that must do nothing, least of all to another batch.
 */
import { eventually, faultCase, pause, prove } from "../case.ts"

const frozenFor = 60_000

export default faultCase({
  number: "14",
  name: "drainer frozen for two leases, then awake again",
  requires: {
    actors: { bridge: 1, enricher: 1, drainer: 2, "event-counter": 1, "metadata-counter": 1, gateway: 1 }
  },
  fault: async (world, random) => {
    const sleeper = world.actor("drainer")
    let held: ReadonlyArray<string> = []
    await eventually(
      "the drainer is frozen with a batch in its hands",
      async () => {
        await pause(random.whole(20, 200))
        sleeper.freeze()
        const claimed = await world.queue.claimed()
        // The other drainer's batches are through in less than that.
        await pause(2_000)
        const still = new Set(await world.queue.claimed())
        held = claimed.filter((batch) => still.has(batch))
        if (held.length === 0) sleeper.thaw()
        return held.length > 0
      },
      120_000
    )
    await pause(frozenFor)
    const claimed = new Set(await world.queue.claimed())
    const open = held.filter((batch) => claimed.has(batch))
    sleeper.thaw()
    prove(
      open.length === 0,
      `${open.length} of ${held.length} batches were not taken over in ${frozenFor} ms`
    )
    prove(sleeper.counts.died === 0, "the drainer did not survive being frozen")
    return `${held.length} batches of the frozen drainer were taken over and settled before it woke up after ${frozenFor / 1000} s`
  }
})
