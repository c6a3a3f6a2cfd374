/** 7: Redis is full. The gateway refuses events; waiting lines are still drained, which frees memory. */
import { eventually, faultCase, prove } from "../case.ts"

const megabyte = 1024 * 1024

export default faultCase({
  number: "7",
  name: "Redis full (maxmemory, noeviction)",
  requires: { redisArguments: ["--maxmemory-policy", "noeviction"] },
  expects: { answers: ["503"], answersWithin: 2_000 },
  fault: async (world) => {
    const { redis } = world.queue
    await world.group("drainer").scale(0)
    await eventually("Redis has a backlog", async () => (await world.queue.depth()).waiting > 1_000)
    const [, used = "0"] = /used_memory:(\d+)/.exec(await redis.info("memory")) ?? []
    await redis.config("SET", "maxmemory", String(Number(used) - megabyte / 2))
    const before = world.load.answers.get("503") ?? 0
    await eventually("clients are refused", () => (world.load.answers.get("503") ?? 0) > before + 50)
    const { waiting } = await world.queue.depth()
    await world.group("drainer").scale(1)
    await eventually("the waiting lines are drained although Redis is full", async () => {
      const { waiting: left } = await world.queue.depth()
      return left < waiting / 2
    })
    await redis.config("SET", "maxmemory", "0")
    const refused = (world.load.answers.get("503") ?? 0) - before
    const evicted = /evicted_keys:(\d+)/.exec(await redis.info("stats"))?.[1]
    prove(evicted === "0", `Redis evicted ${evicted} keys`)
    return `${refused} requests were refused while Redis was full; its ${waiting} waiting lines were drained nevertheless`
  }
})
