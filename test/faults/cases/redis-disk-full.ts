/** Redis's disk is full: it cannot write its append-only file and refuses writes (MISCONF), until space is freed. */
import { eventually, faultCase, pause, prove } from "../case.ts"
import { smallDisk } from "../small-disk.ts"

const fullFor = 5_000

export default faultCase({
  number: "disk",
  name: "the disk of Redis is full",
  requires: { redisArguments: ["--enable-protected-configs", "local"] },
  expects: { answers: ["503"], answersWithin: 2_000, twins: true },
  fault: async (world) => {
    const { redis } = world.queue
    const disk = await smallDisk(world, 256)
    // With "always", Redis ends instead of refusing writes when it cannot write its file.
    await redis.config("SET", "appendfsync", "everysec")
    // The whole file is rewritten there.
    await redis.config("SET", "appendonly", "no")
    await redis.config("SET", "dir", disk.folder)
    await redis.config("SET", "appendonly", "yes")
    const info = async (): Promise<string> => redis.info("persistence")
    await eventually("the file is on the small disk", async () =>
      /aof_enabled:1\r\n[\s\S]*aof_rewrite_in_progress:0\r\n[\s\S]*aof_last_bgrewrite_status:ok/.test(
        await info()
      )
    )

    await disk.fill(64 * 1024)
    const before = world.load.answers.get("503") ?? 0
    const refused = await eventually(
      "Redis refuses to write",
      async () => {
        const answer = await redis.rpush("{harness}:probe", "1").then(String, String)
        return answer.includes("MISCONF") && answer
      },
      60_000
    )
    await eventually("clients are refused", () => (world.load.answers.get("503") ?? 0) > before, 60_000)
    prove((await info()).includes("aof_last_write_status:err"), "Redis could write nevertheless")
    await pause(fullFor)
    disk.clear()
    await eventually(
      "Redis writes again",
      async () => (await info()).includes("aof_last_write_status:ok"),
      60_000
    )
    await eventually("Redis responds", () => redis.del("{harness}:probe").then(() => true))
    await world.passLeases()
    const count = (world.load.answers.get("503") ?? 0) - before
    prove(world.actor("drainer").counts.died === 0, "the drainer ended because of an error of Redis")
    return `Redis reported "${refused.slice(0, 60)}…"; ${count} requests were refused until space was freed`
  }
})
