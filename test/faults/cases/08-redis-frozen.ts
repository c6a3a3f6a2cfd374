/** 8: Redis hangs for 30 s: connections stay open without responses. Clients get 503 within 2 s; all actors recover without a restart. */
import { faultCase, pause, prove } from "../case.ts"

const frozenMs = 30_000

export default faultCase({
  number: "8",
  name: "Redis frozen for 30 s",
  expects: { answers: ["503"], answersWithin: 2_000, twins: true },
  fault: async (world) => {
    const before = world.load.answers.get("503") ?? 0
    world.redis.pause()
    await pause(frozenMs)
    world.redis.resume()
    const refused = (world.load.answers.get("503") ?? 0) - before
    prove(refused > 0, "no client was refused while Redis was frozen")
    return `${refused} requests were refused, the slowest after ${Math.round(world.load.slowest.refusal)} ms`
  }
})
