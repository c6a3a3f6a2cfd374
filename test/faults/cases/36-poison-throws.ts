/**
 * 36: events for which the enricher throws, in the middle of a full batch. The batch is split until each poison event is
 * alone; they are dead-lettered, and all other events of the batch are stored.
 */
import { faultCase, prove } from "../case.ts"
import { batchSize, mostTries, poison } from "../poison.ts"
import { releasedBatches } from "../released-batches.ts"

/** Maximum number of failed tries for one poison event. */
const allowed = Math.floor(2 * Math.log2(batchSize) + 3)

export default faultCase({
  number: "36",
  name: "poison events: the enricher throws",
  short: true,
  requires: { isEnricherPoisoned: true },
  expects: { duplicates: 0 },
  fault: async (world) => {
    const count = world.moments > 2 ? 3 : 1
    await poison(world, "throws", count, 120_000)
    // The last try of each event does not release a batch.
    const tries = releasedBatches(world).filter(({ reason }) => reason === "crashed").length + count
    prove(tries > count && tries <= count * allowed, `${tries} tries failed for ${count} events`)
    prove(mostTries(world, "crashed") <= 3, "a batch was tried more than three times")
    return `${count} events among ${batchSize} each were found and dead-lettered after ${tries} failed tries (${count * allowed} are allowed)`
  }
})
