/**
 * Attribution is exact when everything loses power at any moment: all actors in one process, and with them the Redis that
 * holds the state, are killed again and again under clicks on a link of the old API, and installs. The recount reads the log.
 */
import { afterAll, describe, expect, test } from "bun:test"
import { createHash } from "node:crypto"
import { Effect, Logger } from "effect"
import { makeSqlite } from "../../bridge/event-log/sqlite/log.ts"
import { Topic } from "../../contracts/ids.ts"
import { eventually } from "../support/eventually.ts"
import { conversionsIn, recount } from "../support/recount-conversions.ts"
import { hasRedisProgram, privateRedis, type RedisServer } from "../support/redis.ts"
import { type Environment, ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"

const topics = [Topic.make("events"), Topic.make("clicks")]
const conversions = Topic.make("conversions")
const [kills, beforeMs, secret] = [3, 2_000, "pepper of the test"]
const actors = ["gateway", "drainer", "enricher", "bridge", "attributor"]
const iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)"

const settingsWith = (more: Environment): Environment =>
  ownSettings({
    ...{ KAFKA_TOPIC: "events", KAFKA_TOPICS: "clicks", TIMER_DELAY: "1s" },
    ...{ ATTRIBUTION_BEFORE: `${beforeMs}ms`, LINKS_DIALECT: "adtekio", LINKS_SECRET: secret },
    TRUSTED_PROXIES: "127.0.0.1",
    ...more
  })

/** Makes link 41 by the old API. */
const makeLink = async (spoor: Spoor): Promise<void> => {
  const link = JSON.stringify({
    ...{ id: 41, campaign: "spring", network: "eccrine", target_url: { default: "https://shop.example/" } },
    ...{ attribution_window_idfa: 60, attribution_window_fingerprint: 60 }
  })
  const pepper = createHash("sha1").update(`salt${link}${secret}`).digest("hex")
  const body = new URLSearchParams({ campaign_link: link, pepper })
  const url = new URL("/api/1/create", spoor.address("send events"))
  const made = await fetch(url, { method: "POST", headers: { "x-api-salt": "salt" }, body })
  if (made.status !== 200) throw new Error(await made.text())
}

/** Sends clicks and installs of a few devices, each with its own address, until it is stopped. */
const load = (spoor: () => Spoor | undefined) => {
  let isRunning = true
  let sent = 0
  const target = (n: number, device: number): string => {
    const adid = `3840000${device}-8CF0-11BD-B23E-10B96E40000D`
    if (n % 3 === 1) return `/t/ist?adid=${adid}&n=${n}`
    const hash = createHash("sha1").update(adid).digest("hex")
    const ways = [`adid=${adid}`, `idfa_sha1=${hash}`, "by=address"]
    return `/click/41/go?${ways[(n >> 2) % 3]}&n=${n}`
  }
  const sending = (async () => {
    for (let n = 0; isRunning; n++) {
      const device = (n >> 1) % 6
      const headers = { "x-forwarded-for": `198.51.100.${device + 1}`, "user-agent": iphone }
      try {
        const url = new URL(target(n, device), spoor()?.address("send events"))
        const answer = await fetch(url, { headers, redirect: "manual", signal: AbortSignal.timeout(1_000) })
        if (answer.status === 200 || answer.status === 307) sent += 1
      } catch {
        // The process was killed: the client goes on with another event.
      }
      await Bun.sleep(n % 10 === 0 ? Math.random() * beforeMs : 30)
    }
  })()
  return {
    sent: () => sent,
    stop: async () => {
      isRunning = false
      await sending
    }
  }
}

const check = async (settings: Environment, redis: RedisServer | undefined): Promise<void> => {
  let spoor: Spoor | undefined = await startSpoor(actors, settings)
  await makeLink(spoor)
  const events = load(() => spoor)
  for (let round = 0; round < kills; round++) {
    const before = events.sent()
    await eventually("events are accepted", () => events.sent() > before + 25)
    const killed = spoor
    await Promise.all([redis?.kill(), killed?.end("SIGKILL")])
    await redis?.start()
    spoor = await startSpoor(actors, settings)
  }
  await events.stop()
  const counted = await Effect.runPromise(
    Effect.gen(function* () {
      const log = yield* makeSqlite(settings.DATA_DIR ?? "")
      const isEqual = async () => {
        const times = { beforeMs, windowMs: 7 * 86_400_000 }
        const expected = await Effect.runPromise(recount(log, topics, times))
        const { conversions: found } = await Effect.runPromise(conversionsIn(log, conversions))
        return found.length >= expected.length && { expected, found }
      }
      return yield* Effect.promise(() => eventually("the conversions equal a recount", isEqual, 40_000))
    }).pipe(Effect.scoped, Effect.provide(Logger.layer([])))
  )
  expect(counted.found).toEqual([...counted.expected])
  expect(counted.expected.length).toBeGreaterThan(kills)
  await spoor?.end()
}

describe("attribution is exact through power-offs", () => {
  test("in files", () => check(settingsWith({}), undefined), 90_000)

  describe.skipIf(!hasRedisProgram())("with Redis, appendfsync always", () => {
    let redis: RedisServer | undefined
    afterAll(() => redis?.remove())
    test("on PROJECTIONS_URL", async () => {
      redis = await privateRedis([], "always")
      await redis.start()
      await check(settingsWith({ PROJECTIONS_URL: redis.url }), redis)
    }, 90_000)
  })
})
