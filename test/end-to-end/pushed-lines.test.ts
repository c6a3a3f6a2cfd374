/** Lines from public reports, pushed to Redis: each becomes a record, none a dead letter. */
import { expect, test } from "bun:test"
import { Redis } from "ioredis"
import lines from "../contracts/wire/lines.json" with { type: "json" }
import { eventually } from "../support/eventually.ts"
import { startRedis } from "../support/redis.ts"
import { ownSettings, startSpoor } from "../support/spoor.ts"

interface Found {
  readonly address: string
  readonly country: string
  readonly raw: string
}

const server = await startRedis()

test.skipIf(server === undefined)("are records with their address, country and parameters", async () => {
  const redis = new Redis(server?.url ?? "")
  const spoor = await startSpoor(["--all"], ownSettings({ REDIS_URL: server?.url ?? "" }))
  await redis.rpush("click_queue", ...lines.map(({ line }) => line))
  const found = await eventually("all are stored", async () => {
    const answer = await fetch(new URL("/api/search?type=app_open", spoor.address("watch them")))
    const { events } = (await answer.json()) as { events: ReadonlyArray<Found> }
    return events.length < lines.length ? undefined : events
  })
  const zoned = found.find(({ raw }) => raw.includes("&ip=fe800000000000000000000000000001&"))
  expect(zoned).toMatchObject({ address: "fe80::1", country: "XX" })
  expect(found.filter(({ raw }) => raw.endsWith(" a=1"))).toHaveLength(1)
  expect(await redis.llen("click_invalid")).toBe(0)
  redis.disconnect()
  await spoor.end()
  await server?.stop()
})
