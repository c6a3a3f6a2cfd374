/**
 * 55: the line between a site and its centre is half open: nothing passes, and no error is reported. Both servers give it up
 * by unanswered pings; the site takes events all the time.
 */
import { atRandomMoments, eventually, faultCase, prove } from "../case.ts"

/** Time limit, ms: pings are sent every 5 s and the third unanswered one ends the line; the rest is for a slow machine. */
const noticeTimeoutMs = 60_000

export default faultCase({
  number: "55",
  name: "the line of a leaf site is half open",
  requires: { site: true },
  fault: async (world, random) => {
    const line = world.proxy("line")
    const times: Array<number> = []
    await atRandomMoments(world, random, async (round) => {
      const before = line.counts.connections
      const began = performance.now()
      line.freeze()
      await eventually("the site has noticed", () => line.counts.connections > before, noticeTimeoutMs)
      times.push(Math.round((performance.now() - began) / 1000))
      // Every second time the old connection delivers its bytes late.
      if (round % 2 === 0) line.cut()
      line.thaw()
      await eventually(
        "batches are stored again",
        async () => (await world.queue.depth()).waiting < world.load.rate,
        120_000
      )
    })
    const attempts = Array.from((await world.queue.attempts()).values(), (attempt) => attempt.used)
    const used = attempts.filter((count) => count > 0).length
    prove(line.counts.held > 0, "nothing was held back")
    // The coincidence described in actors/README.md: the outage begins while a poison candidate is tried alone.
    prove(used <= times.length, `${used} batches used up attempts in ${times.length} outages: ${attempts}`)
    return `${times.length} times nothing passed; the site noticed within ${Math.max(...times)} s; ${used} batches were tried alone at that time and used up attempts`
  }
})
