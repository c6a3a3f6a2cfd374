/**
 * 14: a drainer is frozen with claimed batches until their leases have ended and another has settled them. When it
 * continues, it settles them late: that must have no effect, in particular on other batches.
 */
import { eventually, faultCase, pause, prove } from "../case.ts"

const frozenMs = 60_000

export default faultCase({
  number: "14",
  name: "drainer frozen for two leases, then awake again",
  requires: {
    actors: { bridge: 1, enricher: 1, drainer: 2, "event-counter": 1, "metadata-counter": 1, gateway: 1 }
  },
  fault: async (world, random) => {
    const frozen = world.actor("drainer")
    let held: ReadonlyArray<string> = []
    await eventually(
      "the drainer is frozen with a claimed batch",
      async () => {
        await pause(random.whole(20, 200))
        frozen.freeze()
        const claimed = await world.queue.claimed()
        // The other drainer settles its batches in less time.
        await pause(2_000)
        const still = new Set(await world.queue.claimed())
        held = claimed.filter((batch) => still.has(batch))
        if (held.length === 0) frozen.thaw()
        return held.length > 0
      },
      120_000
    )
    await pause(frozenMs)
    const claimed = new Set(await world.queue.claimed())
    const open = held.filter((batch) => claimed.has(batch))
    frozen.thaw()
    prove(open.length === 0, `${open.length} of ${held.length} batches were not taken over in ${frozenMs} ms`)
    prove(frozen.counts.died === 0, "the drainer ended after it was frozen")
    return `${held.length} batches of the frozen drainer were claimed and settled by the other before it continued after ${frozenMs / 1000} s`
  }
})
