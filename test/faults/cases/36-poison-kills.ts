/**
 * 36: events that end the process of whoever handles them. Nobody answers for such a batch; what is left is that it
 * fails each time the way has just been proven free. It is taken apart until each is alone, and the others go on.
 */
import { faultCase, prove } from "../case.ts"
import { batchSize, mostTries, poison } from "../poison.ts"

/** Twice all together, once a piece, twice alone: so many processes one event may cost. */
const allowed = 5

export default faultCase({
  number: "36",
  name: "poison events: the enricher's process dies",
  requires: { files: { enricher: "test/faults/poisoned-enricher.ts" } },
  expects: { mayDie: ["enricher"] },
  fault: async (world) => {
    const count = world.moments > 2 ? 3 : 1
    await poison(world, "kills", count, count * 180_000)
    const deaths = world.group("enricher").deaths().length
    prove(deaths > 0 && deaths <= count * allowed, `${deaths} processes died of ${count} events`)
    const tries = mostTries(world, "no-answer")
    prove(tries <= 3, `a batch was tried ${tries} times`)
    return `${count} events among ${batchSize} each ended ${deaths} processes of the enricher (${count * allowed} are allowed) and were set aside; no batch or piece was tried more than ${tries} times`
  }
})
