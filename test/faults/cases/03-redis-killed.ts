/**
 * 3: Redis is killed and restarted from its file, which contains every acknowledged write (`appendfsync always`; with
 * `everysec` a few events were lost in two full runs, since Redis does not write while an fsync is running).
 */
import { atRandomMoments, eventually, faultCase, pause, prove } from "../case.ts"

export default faultCase({
  number: "3",
  name: "Redis killed (SIGKILL) and started again, appendfsync always",
  short: true,
  expects: { answers: ["503"], answersWithin: 2_000, twins: true },
  fault: async (world, random) => {
    await atRandomMoments(world, random, async () => {
      await world.redis.kill()
      await pause(random.whole(100, 1_000))
      await world.redis.start()
    })
    await eventually("Redis responds again", () =>
      world.passLeases().then(
        () => true,
        () => false
      )
    )
    const refused = world.load.answers.get("503") ?? 0
    prove(refused > 0, "no client was refused while Redis was down")
    return `killed ${world.moments} times; ${refused} requests were refused, the slowest after ${Math.round(world.load.slowest.refusal)} ms`
  }
})
