/** 9: Redis answers, but says no: read-only, loading, without our scripts, unable to save. Every one of these passes. */
import { Redis } from "ioredis"
import { eventually, faultCase, prove } from "../case.ts"
import type { World } from "../world.ts"

/** Waits until Redis itself has answered a client's write with that word, and the edge with 503. */
const refusedWith = async (world: World, word: string): Promise<void> => {
  const before = world.load.answers.get("503") ?? 0
  // Asks also while the server is loading.
  const asking = new Redis(world.redis.url, { enableReadyCheck: false, maxRetriesPerRequest: 0 })
  asking.on("error", () => undefined)
  await eventually(`a write is answered with ${word}`, async () => {
    const answer = await asking.rpush("{harness}:probe", "1").then(String, String)
    return answer.includes(word)
  }).finally(() => asking.disconnect())
  await eventually(
    `clients are refused while Redis says ${word}`,
    () => (world.load.answers.get("503") ?? 0) > before
  )
}

export default faultCase({
  number: "9",
  name: "Redis read-only, loading, script cache gone, MISCONF",
  needs: { redisArguments: ["--enable-protected-configs", "local"] },
  expects: { answers: ["503"], answersWithin: 2_000, twins: true },
  fault: async (world) => {
    const { redis } = world.queue
    await redis.script("FLUSH")

    await redis.replicaof("127.0.0.1", 1)
    await refusedWith(world, "READONLY")
    await redis.replicaof("NO", "ONE")

    const directory = (await redis.config("GET", "dir")) as ReadonlyArray<string>
    await redis.config("SET", "dir", "/proc")
    await redis.config("SET", "save", "3600 1")
    await redis.bgsave()
    await refusedWith(world, "MISCONF")
    await redis.config("SET", "save", "")
    await redis.config("SET", "dir", directory[1] ?? "")

    await world.redis.kill()
    const loading = world.redis.start(["--enable-protected-configs", "local", "--key-load-delay", "2000"])
    await refusedWith(world, "LOADING")
    await redis.config("SET", "key-load-delay", "0").catch(() => undefined)
    await loading
    await eventually("Redis answers again", () =>
      redis.del("{harness}:probe").then(
        () => true,
        () => false
      )
    )
    await world.passLeases()

    const given = /"message":"batch given back|batch given back/.test(world.actor("drainer").output())
    prove(world.actor("drainer").counts.died === 0, "the drainer did not survive what Redis said")
    return `READONLY, MISCONF and LOADING were each answered with 503; the scripts were sent again${given ? ", batches were given back" : ""}`
  }
})
