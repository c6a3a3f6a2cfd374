/**
 * Promise 6: when Redis is full, read-only, loading, unable to save, frozen or gone, the gateway answers 503 with
 * Retry-After within 2 seconds, and recovers by itself with Redis. One gateway runs through all faults, and each event that
 * it answered with 200 is in the queue after each of them.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test"
import { mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { type Edge, startEdge } from "../support/edge.ts"
import { eventually } from "../support/eventually.ts"
import { hasRedisProgram, privateRedis, type RedisServer } from "../support/redis.ts"
import { freePort } from "../support/server.ts"

const usual = ["--maxmemory", "100mb", "--maxmemory-policy", "noeviction"]

describe.skipIf(!hasRedisProgram())(
  "the gateway answers 503 in time, and recovers by itself, when Redis is",
  () => {
    let server: RedisServer
    let edge: Edge
    beforeAll(async () => {
      server = await privateRedis([], "always")
      await server.start(usual)
      edge = await startEdge(server.url, { QUEUE_MAX_BYTES: "0" })
    })
    afterAll(async () => {
      await edge.stop()
      await server.remove()
    })
    beforeEach(() => edge.takes())
    afterEach(async () => {
      await edge.takes()
      await edge.hasAll()
    })

    /** Redis's own error for a push. */
    const refusal = (): Promise<string> =>
      edge.redis.rpush("another", "x").then(
        () => "",
        (error: Error) => error.message
      )

    test("full", async () => {
      await edge.redis.config("SET", "maxmemory", "1mb")
      expect(await refusal()).toStartWith("OOM")
      await edge.refuses()
      await edge.redis.config("SET", "maxmemory", "100mb")
    })

    test("read-only", async () => {
      await edge.redis.replicaof("127.0.0.1", await freePort())
      expect(await refusal()).toStartWith("READONLY")
      await edge.refuses()
      await edge.redis.replicaof("NO", "ONE")
    })

    test("loading its data", async () => {
      for (let i = 0; i < 10; i++)
        await edge.redis.mset(
          ...Array.from({ length: 200 }, (_, j) => [`key ${i} ${j}`, "x".repeat(100)]).flat()
        )
      await edge.redis.bgrewriteaof()
      await eventually("its data is in its base file", async () =>
        /aof_rewrite_in_progress:0[\s\S]*aof_rewrites:[1-9]/.test(await edge.redis.info("persistence"))
      )
      await server.kill()
      const slowLoading = ["--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024"]
      const started = server.start(slowLoading)
      await eventually("it is loading", async () => (await refusal()).startsWith("LOADING"))
      await edge.refuses()
      expect(await refusal()).toStartWith("LOADING")
      await started
    })

    test("unable to save", async () => {
      const [, folder = ""] = (await edge.redis.config("GET", "dir")) as ReadonlyArray<string>
      const obstacle = join(folder, "dump.rdb", "a folder where the file should be")
      mkdirSync(obstacle, { recursive: true })
      await edge.redis.config("SET", "save", "3600 1000000")
      const saves = (): Promise<string> => edge.redis.bgsave().then(refusal, refusal)
      await eventually("it cannot save", async () => (await saves()).startsWith("MISCONF"))
      await edge.refuses()
      rmSync(join(folder, "dump.rdb"), { recursive: true })
      await eventually("it can save", async () => (await saves()) === "")
      await edge.redis.config("SET", "save", "")
    })

    test("frozen", async () => {
      server.pause()
      await edge.refuses()
      server.resume()
    })

    test("frozen so long that its connections are closed", async () => {
      server.pause()
      await edge.refuses()
      await eventually("the connection is closed", () =>
        /Lost Redis|Redis at [^"]* fails/.test(edge.spoor.output().slice(-2000))
      )
      await edge.refuses()
      server.resume()
    })

    test("killed while events arrive: after its restart it has all acknowledged events", async () => {
      const before = edge.acknowledged()
      let isUp = true
      const sending = Array.from({ length: 8 }, async () => {
        while (isUp) await edge.send()
      })
      await eventually("many events are acknowledged", () => edge.acknowledged() > before + 500)
      await server.kill()
      isUp = false
      await Promise.all(sending)
      await edge.refuses()
      await server.start()
    })
  }
)
