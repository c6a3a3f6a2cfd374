/**
 * 37: an event that makes the enricher loop forever. The process no longer responds to its liveness probe, so its
 * supervisor kills it, as Kubernetes does; the event is found as in 36.
 */
import { faultCase, prove } from "../case.ts"
import { batchSize, mostTries, poison } from "../poison.ts"

const allowed = 5

export default faultCase({
  number: "37",
  name: "poison event: the enricher hangs in an endless loop",
  requires: { isEnricherPoisoned: true, probed: ["enricher"] },
  expects: { mayDie: ["enricher"] },
  fault: async (world) => {
    await poison(world, "hangs", 1, 300_000)
    const deaths = world.group("enricher").deaths().length
    prove(deaths > 0 && deaths <= allowed, `${deaths} processes hung`)
    const tries = mostTries(world, "no-answer")
    prove(tries <= 3, `a batch was tried ${tries} times`)
    return `one event among ${batchSize} hung ${deaths} processes of the enricher (${allowed} are allowed) and was dead-lettered; no batch or part was tried more than ${tries} times`
  }
})
