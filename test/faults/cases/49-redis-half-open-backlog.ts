/** 49: as 48, while a million lines wait: a late claim would take other lines than its batch had. */
import { eventually, faultCase } from "../case.ts"
import { lineOf, sentEvent } from "../events.ts"
import { cutHalfOpen, halfOpenNeeds } from "../half-open.ts"
import type { World } from "../world.ts"

/** Number of waiting lines at the beginning (a hundredth in a short run), and minimum at a cut. */
const backlog = 1_000_000
const minBacklog = 50_000
const linesPerPush = 1_000

const fill = async (world: World, count: number): Promise<void> => {
  const { sent } = world.load
  for (let done = 0; done < count; done += linesPerPush) {
    const numbers = Array.from({ length: linesPerPush }, () => sent.issue())
    const lines = numbers.map((n) => lineOf(sentEvent(n), world.otherTopic))
    await world.queue.redis.rpush(world.queueKey, ...lines)
    for (const n of numbers) sent.settle(n, "acknowledged")
  }
}

export default faultCase({
  number: "49",
  name: "Redis half open with a million lines waiting",
  requires: halfOpenNeeds,
  expects: { answers: ["503"] },
  fault: async (world, random) => {
    const share = world.moments < 20 ? 0.01 : 1
    let filled = backlog * share
    await fill(world, filled)
    let lowest = Number.POSITIVE_INFINITY
    const proof = await cutHalfOpen(world, random, async () => {
      const { waiting } = await eventually("the queue depth is read", () => world.queue.depth())
      lowest = Math.min(lowest, waiting)
      if (waiting >= minBacklog * share) return
      filled += minBacklog * share * 2
      await fill(world, minBacklog * share * 2)
    })
    return `${filled} lines were pushed at once on top of the load, at least ${lowest} of them waited at each cut; ${proof}`
  }
})
