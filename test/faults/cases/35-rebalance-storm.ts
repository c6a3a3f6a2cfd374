/** 35: consumers come and go under load, in order and not: each event is counted once, and no partition stands still. */
import { atRandomMoments, faultCase, pause, prove } from "../case.ts"
import type { World } from "../world.ts"

const names = ["event-counter", "metadata-counter"] as const
const counts = [5, 2, 1] as const

/** No partition may stand still for so long, milliseconds. */
const stuckAfter = 60_000

/** Watches how far the consumers have come until `stop`, which returns the longest that one stood still; milliseconds. */
const watchFences = (world: World): { readonly stop: () => Promise<number> } => {
  const moved = new Map<string, { offset: string; at: number }>()
  let longest = 0
  let isRunning = true
  const watching = (async () => {
    while (isRunning) {
      for (const name of names) {
        const fences = await world.queue.redis.hgetall(`{spoor:${name}}:offsets`)
        for (const [place, offset] of Object.entries(fences)) {
          const key = `${name} ${place}`
          const before = moved.get(key)
          const now = performance.now()
          if (before?.offset === offset) longest = Math.max(longest, now - before.at)
          else moved.set(key, { offset, at: now })
        }
      }
      await pause(500)
    }
  })()
  return {
    stop: async () => {
      isRunning = false
      await watching
      return longest
    }
  }
}

export default faultCase({
  number: "35",
  name: "rebalance storm: 1, 5, 2 consumers and back, under load",
  fault: async (world, random) => {
    const fences = watchFences(world)
    let changes = 0
    await atRandomMoments(world, random, async (round) => {
      const signal = round % 2 === 0 ? "SIGTERM" : "SIGKILL"
      for (const count of counts) {
        await Promise.all(names.map((name) => world.group(name).scale(count, signal)))
        changes += names.length
        await pause(random.whole(200, 2_000))
      }
    })
    await pause(stuckAfter / 4)
    const longest = Math.round((await fences.stop()) / 1_000)
    prove(longest < stuckAfter / 1_000, `a partition was not read for ${longest} s`)
    return `the groups changed ${changes} times; no partition stood still for more than ${longest} s`
  }
})
