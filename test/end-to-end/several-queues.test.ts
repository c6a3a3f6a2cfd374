/** Several Redis servers are several queues: all are drained, and the gateway fails over to the next when one fails. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { Redis } from "ioredis"
import { eventually } from "../support/eventually.ts"
import { figure } from "../support/figures.ts"
import { hasRedisProgram, type OwnRedis, startRedis } from "../support/redis.ts"
import { ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"

describe.skipIf(!hasRedisProgram())("two Redis servers", () => {
  let first: OwnRedis
  let second: OwnRedis
  let spoor: Spoor

  const stored = (): Promise<number> =>
    figure(spoor, 'spoor_actor_events_total{actor="bridge",outcome="succeeded"}')

  beforeAll(async () => {
    first = await ownRedis()
    second = await ownRedis()
    const settings = ownSettings({ REDIS_URL: `${first.url},${second.url}`, PROJECTIONS_URL: second.url })
    spoor = await startSpoor(["--all"], settings)
  })
  afterAll(async () => {
    await spoor.end("SIGKILL")
    await Promise.all([first.stop(), second.stop()])
  })

  test("both are drained", async () => {
    for (const { url } of [first, second]) {
      const redis = new Redis(url)
      await redis.rpush("click_queue", "1.2.3.4 1795206900000 h p /t/pushed e curl/8")
      redis.disconnect()
    }
    await eventually("both lines are stored", async () => (await stored()) === 2)
  })

  test("when one is killed, events go to the other and are stored", async () => {
    const url = new URL("/t/sent?n=1", spoor.address("send events"))
    expect((await fetch(url)).status).toBe(200)
    await eventually("the event is stored", async () => (await stored()) === 3)
    await first.stop()
    const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(url)))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    await eventually("the events are stored", async () => (await stored()) === 23)
    const ready = await fetch(spoor.address("health"))
    expect(ready.status).toBe(200)
    expect(((await ready.json()) as { seams: ReadonlyArray<object> }).seams).toContainEqual(
      expect.objectContaining({ name: "queue 1", ok: false })
    )
  })
})

const ownRedis = async (): Promise<OwnRedis> => {
  const started = await startRedis()
  if (started === undefined) throw new Error("redis-server is not installed.")
  return started
}
