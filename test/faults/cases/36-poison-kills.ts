/**
 * 36: events that kill the enricher. Its batch gets no reply, although the downstream probe has just succeeded. The batch
 * is split until each poison event is alone, and the other events are stored.
 */
import { faultCase, prove } from "../case.ts"
import { batchSize, mostTries, poison } from "../poison.ts"

/** Maximum number of processes that one event may kill: two for the batch, one for a part, two for the event alone. */
const allowed = 5

export default faultCase({
  number: "36",
  name: "poison events: the enricher's process dies",
  requires: { isEnricherPoisoned: true },
  expects: { mayDie: ["enricher"] },
  fault: async (world) => {
    const count = world.moments > 2 ? 3 : 1
    await poison(world, "kills", count, count * 180_000)
    const deaths = world.group("enricher").deaths().length
    prove(deaths > 0 && deaths <= count * allowed, `${deaths} processes were killed by ${count} events`)
    const tries = mostTries(world, "no-answer")
    prove(tries <= 3, `a batch was tried ${tries} times`)
    return `${count} events among ${batchSize} each killed ${deaths} processes of the enricher (${count * allowed} are allowed) and were dead-lettered; no batch or part was tried more than ${tries} times`
  }
})
