/** 16: an enricher is killed while it handles requests. The drainer gets no reply, waits for its timeout, and sends the batch again. */
import { atRandomMoments, eventually, faultCase, pause, prove } from "../case.ts"
import { releasedBatches } from "../released-batches.ts"
import type { World } from "../world.ts"

/** The batches that a drainer owns. */
const owned = async (world: World): Promise<ReadonlyArray<string>> =>
  Array.from(await world.queue.attempts()).flatMap(([batch, { isOwned }]) => (isOwned ? [batch] : []))

export default faultCase({
  number: "16",
  name: "enricher killed (SIGKILL) in the middle of requests",
  fault: async (world, random) => {
    const enricher = world.actor("enricher")
    const timeouts = (): number =>
      releasedBatches(world).filter(({ reason }) => reason === "no-answer").length
    await atRandomMoments(world, random, async () => {
      const before = timeouts()
      await enricher.up()
      await eventually(
        "the backlog is small",
        async () => (await world.queue.depth()).waiting < world.load.rate / 2,
        120_000
      )
      // Frozen at any point, until a request is certainly unanswered.
      enricher.freeze()
      await eventually("a request to the enricher is unanswered", async () => {
        const asked = await owned(world)
        await pause(200)
        const still = await owned(world)
        return asked.some((batch) => still.includes(batch))
      })
      await enricher.kill()
      await eventually("the drainer has timed out", () => timeouts() > before, 60_000)
    })
    prove(enricher.counts.died === 0, "an enricher ended by itself")
    return `killed ${enricher.counts.killed} times; ${timeouts()} batches got no reply and were tried again`
  }
})
