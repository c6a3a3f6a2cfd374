/** A database that only `?db=6` names: every service and command uses it, and nothing is in database 0. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { Redis } from "ioredis"
import { eventually } from "../../support/eventually.ts"
import { hasRedisProgram, type OwnRedis, startRedis } from "../../support/redis.ts"
import { launch, ownSettings, type Spoor, startSpoor } from "../../support/spoor.ts"

describe.skipIf(!hasRedisProgram())("REDIS_URL=redis://…?db=6", () => {
  let redis: OwnRedis
  let admin: Redis
  let spoor: Spoor
  let settings: Record<string, string>

  beforeAll(async () => {
    const started = await startRedis()
    if (started === undefined) throw new Error("redis-server did not start")
    redis = started
    admin = new Redis(`${redis.url}/6`)
    settings = ownSettings({
      REDIS_URL: `${redis.url}?db=6`,
      LINKS_TOKEN: "a-token-of-the-test",
      VISITOR_ID: "daily",
      RATE_LIMIT_PER_ADDRESS: "100/s",
      RATE_LIMIT_SHARED: "true"
    })
    const actors = ["gateway", "drainer", "enricher", "bridge", "event-counter", "viewer"]
    spoor = await startSpoor(actors, settings)
  }, 60_000)

  afterAll(async () => {
    await spoor?.end("SIGKILL")
    admin?.disconnect()
    await redis?.stop()
  })

  const hasKey = (pattern: string) =>
    eventually(`a key ${pattern}`, async () => (await admin.keys(pattern)).length > 0)

  test("queue, dead letters, ledger, counts, links, shared rates, visitor ids and health", async () => {
    const url = spoor.address("send events").origin
    expect((await fetch(`${url}/t/counted?n=1`)).status).toBe(200)
    await admin.rpush("click_queue", "a line that nobody can read")
    const headers = { authorization: "Bearer a-token-of-the-test", "content-type": "application/json" }
    const body = JSON.stringify({ id: "spring", default: "https://shop.example/" })
    expect((await fetch(`${url}/api/v1/links`, { method: "POST", headers, body })).status).toBe(201)
    const patterns = ["click_invalid", "{click_queue}:*", "{spoor:event-counter}:*", "{click_queue}:links"]
    for (const pattern of [...patterns, "{spoor:rate}:*", "{spoor:visitor}:*"]) await hasKey(pattern)
    expect((await fetch(`${spoor.address("health").origin}/health/ready`)).status).toBe(200)
  }, 60_000)

  test("the commands read the same database", async () => {
    const run = async (file: string, ...args: ReadonlyArray<string>): Promise<string> => {
      const { ended, output } = launch(args, settings, "bun", `actors/commands/${file}.ts`)
      await ended
      return output()
    }
    const [ledger, letters, counters] = await Promise.all([
      eventually("the event is stored", async () => /"stored":1\b/.test(await run("ledger", "--json"))),
      run("dead-letters", "list"),
      run("counters", "list")
    ])
    expect(ledger).toBe(true)
    expect(letters).toContain("a line that nobody can read")
    expect(counters).toContain("event-counter")
  }, 60_000)

  test("nothing is in another database", async () => {
    expect((await admin.info("keyspace")).match(/^db\d+/gm)).toEqual(["db6"])
  })
})
