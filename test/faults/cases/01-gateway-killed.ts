/** 1: a gateway dies under load. Whoever was answered with 200 finds the event; whoever was not, may or may not. */
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
    prove(cut > 0, "no client noticed that the gateway was killed")
    return `killed ${gateway.counts.killed} times; ${cut} requests had no answer`
  }
})
