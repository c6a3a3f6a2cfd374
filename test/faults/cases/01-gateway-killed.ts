/** 1: a gateway is killed under load. Events answered with 200 are stored; events without a response may be stored. */
import { atRandomMoments, faultCase, prove } from "../case.ts"

export default faultCase({
  number: "1",
  name: "gateway killed (SIGKILL) under load",
  expects: { answers: ["reset", "refused"], duplicates: 0 },
  fault: async (world, random) => {
    const gateway = world.actor("gateway")
    await atRandomMoments(world, random, async () => {
      await gateway.up()
      await gateway.kill()
    })
    const cut = (world.load.answers.get("reset") ?? 0) + (world.load.answers.get("refused") ?? 0)
    prove(cut > 0, "no request failed while the gateway was killed")
    return `killed ${gateway.counts.killed} times; ${cut} requests got no response`
  }
})
