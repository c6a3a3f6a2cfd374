/**
 * 2: rolling restart of the gateways: one after the other leaves the load balancer and gets SIGTERM, and another is
 * started. Every accepted request is answered: all clients get 200.
 */
import { atRandomMoments, faultCase, prove } from "../case.ts"

export default faultCase({
  number: "2",
  name: "gateways roll (SIGTERM), one after the other",
  short: true,
  requires: {
    actors: { bridge: 1, enricher: 1, drainer: 1, "event-counter": 1, "metadata-counter": 1, gateway: 2 },
    settings: { DRAIN_DELAY: "500 millis" }
  },
  expects: { duplicates: 0 },
  fault: async (world, random) => {
    const gateways = world.group("gateway")
    await atRandomMoments(world, random, async () => {
      await gateways.scale(1)
      await gateways.scale(2)
    })
    prove(gateways.deaths().length === 0, "a gateway ended by itself")
    const answered = world.load.answers.get("200") ?? 0
    return `${world.moments} gateways were stopped and replaced while ${answered} requests were answered`
  }
})
