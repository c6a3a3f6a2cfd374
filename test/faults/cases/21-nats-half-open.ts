/**
 * 21: the network to NATS drops everything: connections stay open, nothing passes, and no error is reported. All actors
 * notice by unanswered pings and reconnect. Every second time the old connections then deliver their bytes late; the other
 * times they are reset.
 */
import { atRandomMoments, eventually, faultCase, prove } from "../case.ts"

const lost = /connection to NATS at [^"]* was lost/g
/** Time limit, ms: pings are sent every 5 s and the third unanswered one closes the connection; the rest is for a slow machine. */
const noticeTimeoutMs = 30_000

export default faultCase({
  number: "21",
  name: "NATS half open: nothing passes, nobody is told",
  requires: { through: { nats: "all" } },
  fault: async (world, random) => {
    const actors = ["drainer", "enricher", "bridge"]
    const losses = (name: string): number => world.actor(name).output().match(lost)?.length ?? 0
    const times: Array<number> = []
    await atRandomMoments(world, random, async (round) => {
      const before = actors.map(losses)
      const began = performance.now()
      world.proxy("nats").freeze()
      await eventually(
        "all actors have noticed",
        () => actors.every((name, i) => losses(name) > (before[i] ?? 0)),
        noticeTimeoutMs
      )
      times.push(Math.round((performance.now() - began) / 1000))
      if (round % 2 === 0) world.proxy("nats").cut()
      world.proxy("nats").thaw()
      await eventually(
        "batches are stored again",
        async () => (await world.queue.depth()).waiting < world.load.rate,
        120_000
      )
    })
    const attempts = Array.from((await world.queue.attempts()).values(), (attempt) => attempt.used)
    const used = attempts.filter((count) => count > 0).length
    prove(world.proxy("nats").counts.held > 0, "nothing was held back")
    // The coincidence described in actors/README.md: the outage begins while a poison candidate is tried alone.
    prove(used <= times.length, `${used} batches used up attempts in ${times.length} outages: ${attempts}`)
    return `${times.length} times nothing passed; drainer, enricher and bridge all noticed within ${Math.max(...times)} s; ${used} batches were tried alone at that time and used up attempts`
  }
})
