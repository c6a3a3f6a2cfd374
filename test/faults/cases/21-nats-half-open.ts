/**
 * 21: the network to NATS drops everything: connections stay open, nothing passes, nobody is told. Everyone notices by
 * unanswered pings, and connects again. Every second time the old connections come to life again and what was sent on
 * them arrives late; the other times they are gone.
 */
import { atRandomMoments, eventually, faultCase, prove } from "../case.ts"

const lost = /Lost NATS at /g
/** Pings are sent every 5 s and the third that is unanswered is too many; the rest is for a slow machine. */
const noticedWithin = 30_000

export default faultCase({
  number: "21",
  name: "NATS half open: nothing passes, nobody is told",
  requires: { through: { nats: "all" } },
  fault: async (world, random) => {
    const who = ["drainer", "enricher", "bridge"]
    const losses = (name: string): number => world.actor(name).output().match(lost)?.length ?? 0
    const times: Array<number> = []
    await atRandomMoments(world, random, async (round) => {
      const before = who.map(losses)
      const began = performance.now()
      world.proxy("nats").freeze()
      await eventually(
        "everyone has noticed",
        () => who.every((name, i) => losses(name) > (before[i] ?? 0)),
        noticedWithin
      )
      times.push(Math.round((performance.now() - began) / 1000))
      if (round % 2 === 0) world.proxy("nats").cut()
      world.proxy("nats").thaw()
      await eventually(
        "batches go through again",
        async () => (await world.queue.depth()).waiting < world.load.rate,
        120_000
      )
    })
    const attempts = Array.from((await world.queue.attempts()).values(), (attempt) => attempt.used)
    const used = attempts.filter((count) => count > 0).length
    prove(world.proxy("nats").counts.held > 0, "nothing was held back")
    // The coincidence that actors/README.md names: it strikes just while a poison candidate is tried, one at a time.
    prove(used <= times.length, `${used} batches used up attempts in ${times.length} outages: ${attempts}`)
    return `${times.length} times nothing passed; drainer, enricher and bridge all knew after ${Math.max(...times)} s at the latest; ${used} batches were tried alone just then and used up attempts`
  }
})
