/** 16: an enricher dies in the middle of requests. Whoever asked it hears nothing, waits its time, and asks again. */
import { atRandomMoments, eventually, faultCase, pause, prove } from "../case.ts"
import { releasedBatches } from "../released-batches.ts"
import type { World } from "../world.ts"

/** The batches that a drainer has in its hands. */
const owned = async (world: World): Promise<ReadonlyArray<string>> =>
  Array.from(await world.queue.attempts()).flatMap(([batch, { isOwned }]) => (isOwned ? [batch] : []))

export default faultCase({
  number: "16",
  name: "enricher killed (SIGKILL) in the middle of requests",
  fault: async (world, random) => {
    const enricher = world.actor("enricher")
    const silences = (): number =>
      releasedBatches(world).filter(({ reason }) => reason === "no-answer").length
    await atRandomMoments(world, random, async () => {
      const before = silences()
      await enricher.up()
      await eventually(
        "the flow is well again",
        async () => (await world.queue.depth()).waiting < world.load.rate / 2,
        120_000
      )
      // Frozen in whatever it is doing, until it surely owes an answer.
      enricher.freeze()
      await eventually("the enricher owes an answer", async () => {
        const asked = await owned(world)
        await pause(200)
        const still = await owned(world)
        return asked.some((batch) => still.includes(batch))
      })
      await enricher.kill()
      await eventually("whoever asked it has given up", () => silences() > before, 60_000)
    })
    prove(enricher.counts.died === 0, "an enricher ended by itself")
    return `killed ${enricher.counts.killed} times; ${silences()} batches waited in vain for its answer and were tried again`
  }
})
