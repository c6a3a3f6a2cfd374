/**
 * 18: no enricher runs, then no bridge. A request fails at once because there are no responders: nothing waits for a
 * deadline, nothing is stored twice, no attempt is used up, and the backlog stays in Redis until they run again.
 */
import { eventually, faultCase, prove } from "../case.ts"
import { releasedBatches } from "../released-batches.ts"

export default faultCase({
  number: "18",
  name: "no enricher, then no bridge running",
  short: true,
  expects: { duplicates: 0 },
  fault: async (world) => {
    const backlogs: Array<number> = []
    for (const name of ["enricher", "bridge"]) {
      const before = releasedBatches(world).length
      await world.group(name).scale(0)
      await eventually(
        `the drainer has tried repeatedly without a ${name}, and lines wait`,
        async () => (await world.queue.depth()).waiting > 100 && releasedBatches(world).length > before + 2,
        60_000
      )
      for (const { reason, message } of releasedBatches(world).slice(before))
        prove(reason === "no-responders", `a batch was released for "${reason}": ${message}`)
      const used = Array.from((await world.queue.attempts()).values(), (attempt) => attempt.used)
      prove(
        used.every((count) => count === 0),
        `attempts were used up without a ${name}: ${used}`
      )
      const { waiting, deadLetters } = await world.queue.depth()
      prove(deadLetters === 0, `${deadLetters} dead letters without a ${name}`)
      backlogs.push(waiting)
      await world.group(name).scale(1)
    }
    return `${backlogs[0]} lines piled up without an enricher, ${backlogs[1]} without a bridge; ${releasedBatches(world).length} times a batch was released, always because there were no responders, and no attempt was used up`
  }
})
