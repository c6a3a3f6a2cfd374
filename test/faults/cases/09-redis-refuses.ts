/** 9: Redis responds with errors: read-only, loading, without the scripts, unable to save. Spoor recovers from each. */
import { Redis } from "ioredis"
import { eventually, faultCase, prove } from "../case.ts"
import type { World } from "../world.ts"

const enableProtectedConfigs = ["--enable-protected-configs", "local"]

/** Delay of each command while loading the file, microseconds. Redis handles clients every 1,024 commands. */
const slowToLoad = ["--key-load-delay", "500"]
const commandsToLoad = 8_000

/** Waits until Redis has refused a write with this word, and the gateway with 503; then runs `recover`. */
const refusedWith = async (
  world: World,
  word: string,
  recover: (redis: Redis) => Promise<unknown>
): Promise<void> => {
  const before = world.load.answers.get("503") ?? 0
  // Without the ready check it also sends commands while the server is loading.
  const asking = new Redis(world.redis.url, { enableReadyCheck: false, maxRetriesPerRequest: 0 })
  asking.on("error", () => undefined)
  try {
    await eventually(`a write is refused with ${word}`, async () => {
      const answer = await asking.rpush("{harness}:probe", "1").then(String, String)
      return answer.includes(word)
    })
    await eventually(
      `clients are refused while Redis reports ${word}`,
      () => (world.load.answers.get("503") ?? 0) > before
    )
    await recover(asking)
  } finally {
    asking.disconnect()
  }
}

export default faultCase({
  number: "9",
  name: "Redis read-only, loading, script cache gone, MISCONF",
  requires: { redisArguments: enableProtectedConfigs },
  expects: { answers: ["503"], answersWithin: 2_000, twins: true },
  fault: async (world) => {
    const { redis } = world.queue
    await redis.script("FLUSH")

    await redis.replicaof("127.0.0.1", 1)
    await refusedWith(world, "READONLY", (asking) => asking.replicaof("NO", "ONE"))

    const directory = (await redis.config("GET", "dir")) as ReadonlyArray<string>
    await redis.config("SET", "dir", "/proc")
    await redis.config("SET", "save", "3600 1")
    await redis.bgsave()
    await refusedWith(world, "MISCONF", (asking) => asking.config("SET", "save", ""))
    await redis.config("SET", "dir", directory[1] ?? "")

    const many = redis.pipeline()
    for (let i = 0; i < commandsToLoad; i++) many.incr("{harness}:probes")
    await many.exec()
    await world.redis.kill()
    const loading = world.redis.start([...enableProtectedConfigs, ...slowToLoad])
    await refusedWith(world, "LOADING", (asking) => asking.config("SET", "key-load-delay", "0"))
    await loading
    await eventually("Redis responds again", () =>
      redis.del("{harness}:probe", "{harness}:probes").then(
        () => true,
        () => false
      )
    )
    await world.passLeases()

    const hasReleased = /"message":"batch released|batch released/.test(world.actor("drainer").output())
    prove(world.actor("drainer").counts.died === 0, "the drainer ended because of an error of Redis")
    return `READONLY, MISCONF and LOADING were each answered with 503; the scripts were sent again${hasReleased ? ", batches were released" : ""}`
  }
})
