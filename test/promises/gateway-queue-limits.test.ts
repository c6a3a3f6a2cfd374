/** Promises 4 and 6: over the limit of the queue's length or bytes the gateway answers 503, and 200 below it. */
import { afterEach, describe, expect, test } from "bun:test"
import { type Edge, startEdge } from "../support/edge.ts"
import { eventually } from "../support/eventually.ts"
import { hasRedisProgram, privateRedis } from "../support/redis.ts"
import { ownSettings, startSpoor } from "../support/spoor.ts"

describe.skipIf(!hasRedisProgram())("a queue at its limit", () => {
  const after: Array<() => Promise<unknown>> = []
  afterEach(async () => {
    for (const end of after.splice(0).reverse()) await end()
  })

  const edgeOn = async (args: ReadonlyArray<string>, settings: Record<string, string>): Promise<Edge> => {
    const server = await privateRedis()
    after.push(server.remove)
    await server.start(args)
    const edge = await startEdge(server.url, settings)
    after.push(edge.stop)
    return edge
  }

  /** Drains the queue. */
  const drain = (edge: Edge): Promise<unknown> => edge.redis.ltrim("click_queue", -10, -1)

  test("QUEUE_MAX_LENGTH", async () => {
    const edge = await edgeOn([], { QUEUE_MAX_LENGTH: "100" })
    for (let i = 0; i < 100; i++) expect((await edge.send()).status).toBe(200)
    const answers = await edge.refuses()
    expect(new Set(answers.map(({ error }) => error))).toEqual(new Set(["busy"]))
    expect(await edge.redis.llen("click_queue")).toBe(100)
    await edge.hasAll()
    await drain(edge)
    await edge.takes()
  })

  test("QUEUE_MAX_BYTES", async () => {
    const edge = await edgeOn([], { QUEUE_MAX_BYTES: "10000" })
    const answers = await edge.refuses()
    expect(new Set(answers.map(({ error }) => error))).toEqual(new Set(["busy"]))
    expect(await edge.redis.memory("USAGE", "click_queue")).toBeWithin(10_000, 20_000)
    await drain(edge)
    await edge.takes()
  })

  test("by default 60 % of Redis's memory, before Redis itself refuses, following its changes", async () => {
    const edge = await edgeOn(["--maxmemory", "10mb"], {})
    const filling = Array.from({ length: 100 }, () => "x".repeat(1000))
    await eventually("the queue is full", async () => {
      await edge.redis.rpush("click_queue", ...filling)
      return (await edge.send()).error === "busy"
    })
    await edge.refuses()
    expect(await edge.redis.memory("USAGE", "click_queue")).toBeWithin(6e6, 7e6)
    await edge.redis.rpush("another", ...filling)
    await edge.redis.config("SET", "maxmemory", "20mb")
    await edge.takes()
  })

  test("a Redis whose policy may evict events receives none until the policy is changed", async () => {
    const edge = await edgeOn(["--maxmemory", "50mb", "--maxmemory-policy", "allkeys-lru"], {})
    expect(edge.spoor.output()).toContain(
      "may delete events when its memory is full (maxmemory-policy allkeys-lru)"
    )
    await edge.refuses()
    expect(await edge.redis.llen("click_queue")).toBe(0)
    await edge.redis.config("SET", "maxmemory-policy", "noeviction")
    await edge.takes()
  })
})

describe("the embedded queue", () => {
  test("is full at QUEUE_MAX_LENGTH too, and accepts events again when it is drained", async () => {
    const settings = ownSettings({ QUEUE_MAX_LENGTH: "5" })
    const gateway = await startSpoor(["gateway"], settings)
    const send = () => fetch(new URL("/t/event", gateway.address("send events")))
    for (let i = 0; i < 5; i++) expect((await send()).status).toBe(200)
    const refused = await send()
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"])
    const others = await startSpoor(["drainer", "enricher", "bridge"], settings)
    await eventually("there is space again", async () => (await send()).status === 200)
    expect(await others.end()).toBe(0)
    expect(await gateway.end()).toBe(0)
  })
})
