/**
 * Sessions are exact when everything loses power at any moment: all actors in one process, and with them the Redis that
 * holds state and timers, are killed again and again under load. The recount reads the log itself.
 */
import { afterAll, describe, expect, test } from "bun:test"
import { Effect, Logger } from "effect"
import { makeSqlite } from "../../bridge/event-log/sqlite/log.ts"
import { Topic } from "../../contracts/ids.ts"
import { eventually } from "../support/eventually.ts"
import { recount, sessionsIn } from "../support/recount-sessions.ts"
import { hasRedisProgram, privateRedis, type RedisServer } from "../support/redis.ts"
import { type Environment, ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"

const gapMs = 400
const topics = [Topic.make("events"), Topic.make("installs")]
const sessionsTopic = Topic.make("sessions")
const kills = 4

const settingsWith = (more: Environment): Environment =>
  ownSettings({
    // Two topics, so that the events are copied by key.
    ...{ KAFKA_TOPIC: "events", KAFKA_TOPICS: "installs" },
    ...{ SESSION_GAP: `${gapMs}ms`, TIMER_DELAY: "1s" },
    ...more
  })

const actors = ["gateway", "drainer", "enricher", "bridge", "sessions"]

/** Sends events of a few devices, with pauses around the gap, until it is stopped. Returns how to stop it. */
const load = (spoor: () => Spoor | undefined) => {
  let isRunning = true
  let sent = 0
  const sending = (async () => {
    for (let n = 0; isRunning; n++) {
      const device = Math.floor(n / 3) % 5
      try {
        const url = new URL(`/t/view?deviceid=device%20${device}&n=${n}`, spoor()?.address("send events"))
        if ((await fetch(url, { signal: AbortSignal.timeout(1_000) })).ok) sent += 1
      } catch {
        // The process was killed: the client tries again with another event.
      }
      await Bun.sleep(n % 10 === 0 ? Math.random() * 2 * gapMs : 15)
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
  const events = load(() => spoor)
  for (let round = 0; round < kills; round++) {
    const before = events.sent()
    await eventually("events are accepted", () => events.sent() > before + 20)
    const killed = spoor
    await Promise.all([redis?.kill(), killed?.end("SIGKILL")])
    await redis?.start()
    spoor = await startSpoor(actors, settings)
  }
  await events.stop()
  const counted = await Effect.runPromise(
    Effect.gen(function* () {
      const log = yield* makeSqlite(settings.DATA_DIR ?? "")
      return yield* Effect.promise(() =>
        eventually("the sessions equal a recount", async () => {
          const expected = await Effect.runPromise(recount(log, topics, "deviceid", gapMs))
          const { sessions } = await Effect.runPromise(sessionsIn(log, sessionsTopic, "deviceid"))
          const isEqual = sessions.length >= expected.length
          return isEqual && { expected, sessions }
        })
      )
    }).pipe(Effect.scoped, Effect.provide(Logger.layer([])))
  )
  expect(counted.sessions).toEqual(counted.expected)
  expect(counted.expected.length).toBeGreaterThan(kills)
  await spoor?.end()
}

describe("sessions are exact through power-offs", () => {
  test("in files", () => check(settingsWith({}), undefined), 60_000)

  describe.skipIf(!hasRedisProgram())("with Redis, appendfsync always", () => {
    let redis: RedisServer | undefined
    afterAll(() => redis?.remove())
    test("on PROJECTIONS_URL", async () => {
      redis = await privateRedis([], "always")
      await redis.start()
      await check(settingsWith({ PROJECTIONS_URL: redis.url }), redis)
    }, 60_000)
  })
})
