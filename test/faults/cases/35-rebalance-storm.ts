/** 35: consumers are started, stopped and killed under load: each event is counted once, and no partition stalls. */
import { atRandomMoments, faultCase, pause, prove } from "../case.ts"
import type { World } from "../world.ts"

const names = ["event-counter", "metadata-counter"] as const
const counts = [5, 2, 1] as const

/** Maximum time without progress of a partition, milliseconds. */
const maxStallMs = 60_000

/** Watches the progress of the consumers until `stop`, which returns the longestStall time without progress, milliseconds. */
const watchFences = (world: World): { readonly stop: () => Promise<number> } => {
  const moved = new Map<string, { offset: string; at: number }>()
  let longestStall = 0
  let isRunning = true
  const watching = (async () => {
    while (isRunning) {
      for (const name of names) {
        const fences = await world.queue.redis.hgetall(`{spoor:${name}}:offsets`)
        for (const [place, offset] of Object.entries(fences)) {
          const key = `${name} ${place}`
          const before = moved.get(key)
          const now = performance.now()
          if (before?.offset === offset) longestStall = Math.max(longestStall, now - before.at)
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
      return longestStall
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
    await pause(maxStallMs / 4)
    const longestStall = Math.round((await fences.stop()) / 1_000)
    prove(longestStall < maxStallMs / 1_000, `a partition was not read for ${longestStall} s`)
    return `the groups changed ${changes} times; no partition stalled for more than ${longestStall} s`
  }
})
