/**
 * Promise 8: with QUEUE_CONFIRM=replica a 200 means that a replica has the event too; with `disk`, that it is on the disk.
 * Without the replica or the disk the gateway answers 503 within 2 seconds, and recovers by itself.
 */
import { afterEach, describe, expect, test } from "bun:test"
import { Redis } from "ioredis"
import { type Edge, startEdge } from "../support/edge.ts"
import { eventually } from "../support/eventually.ts"
import { hasRedisProgram, privateRedis, type RedisServer } from "../support/redis.ts"
import { launch, ownSettings } from "../support/spoor.ts"

const after: Array<() => Promise<unknown>> = []
afterEach(async () => {
  for (const end of after.splice(0).reverse()) await end()
})

const start = async (args: ReadonlyArray<string>): Promise<RedisServer> => {
  const server = await privateRedis()
  after.push(server.remove)
  await server.start(args)
  return server
}

const edgeOn = async (server: RedisServer, confirm: string): Promise<Edge> => {
  const edge = await startEdge(server.url, { QUEUE_CONFIRM: confirm })
  after.push(edge.stop)
  return edge
}

describe.skipIf(!hasRedisProgram())("QUEUE_CONFIRM=replica", () => {
  const pair = async () => {
    const primary = await start(["--repl-diskless-sync-delay", "0"])
    const replica = await start(["--replicaof", "127.0.0.1", String(primary.port)])
    return { primary, replica, edge: await edgeOn(primary, "replica") }
  }

  test("an event answered with 200 is on the replica: killing the primary loses none", async () => {
    const { primary, replica, edge } = await pair()
    await edge.takes()
    const sending = Array.from({ length: 8 }, async () => {
      while ((await edge.send()).status === 200);
    })
    await eventually("many events are acknowledged", () => edge.acknowledged() > 500)
    await primary.kill()
    await Promise.all(sending)
    const redis = new Redis(replica.url)
    await redis.replicaof("NO", "ONE")
    await edge.hasAll(redis)
    redis.disconnect()
  })

  test("replica frozen, then killed and restarted: 503 in time, with almost nothing written, then 200", async () => {
    const { replica, edge } = await pair()
    await edge.takes()
    for (const [stop, restart] of [
      [replica.pause, replica.resume],
      [replica.kill, replica.start]
    ] as const) {
      const before = await edge.redis.llen("click_queue")
      await stop()
      await edge.refuses()
      for (let i = 0; i < 10; i++) expect((await edge.send()).status).toBe(503)
      // One push on each connection may be written before the missing confirmation is noticed.
      expect(await edge.redis.llen("click_queue")).toBeLessThan(before + 25)
      await restart()
      await edge.takes()
    }
    await edge.hasAll()
  })

  test("without any replica nothing is written", async () => {
    const edge = await edgeOn(await start([]), "replica")
    await edge.refuses()
    expect(await edge.redis.llen("click_queue")).toBe(0)
  })

  test("is refused at the start with the queue in a file", async () => {
    const { output, ended } = launch(["gateway"], ownSettings({ QUEUE_CONFIRM: "replica" }))
    expect(await ended).toBe(78)
    expect(output()).toContain("QUEUE_CONFIRM=replica needs a Redis with a replica")
  })
})

describe.skipIf(!hasRedisProgram())("QUEUE_CONFIRM=disk", () => {
  test("works only if Redis writes at once; otherwise the start reports what to set", async () => {
    const server = await start([])
    const edge = await edgeOn(server, "disk")
    expect(edge.spoor.output()).toMatch(/cannot confirm that an event is on its disk.*set appendonly to yes/)
    await edge.refuses()
    expect(await edge.redis.llen("click_queue")).toBe(0)
    await edge.redis.config("SET", "appendfsync", "always")
    await edge.takes()
    await server.kill()
    await server.start(["--appendfsync", "always"])
    await edge.takes()
    await edge.hasAll()
    await edge.redis.config("SET", "no-appendfsync-on-rewrite", "yes")
    await edge.refuses()
  })
})
