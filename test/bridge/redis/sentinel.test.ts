/** Redis behind real sentinels: the primary is found, a fail-over is followed, and nothing confirmed by a replica is lost. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { Effect, Logger, type Scope } from "effect"
import { Redis } from "ioredis"
import { redisQueue } from "../../../bridge/ingest-queue/redis/queue.ts"
import { connect, type RedisConnection, type Reply } from "../../../bridge/redis/connection.ts"
import { makeWriter } from "../../../bridge/redis/writer.ts"
import type { ByteString } from "../../../contracts/event.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { eventually } from "../../support/eventually.ts"
import { hasRedisProgram, secretUrl } from "../../support/redis.ts"
import { passwords, type SentinelTrio, startSentinels } from "../../support/redis-sentinel.ts"

const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))

const started = async (): Promise<SentinelTrio> => {
  const trio = await startSentinels()
  if (trio === undefined) throw new Error("redis-server is not installed")
  return trio
}

const portIn = (reply: Reply): number => Number(/tcp_port:(\d+)/.exec(String(reply))?.[1])

/** Waits until the sentinels agree on another primary. */
const failedOver = (trio: SentinelTrio, before: number): Promise<number> =>
  eventually(
    "another server is the primary",
    async () => {
      const now = await trio.primary()
      return now !== 0 && now !== before && now
    },
    30_000
  )

describe.skipIf(!hasRedisProgram())("behind sentinels", () => {
  let trio: SentinelTrio
  beforeAll(async () => {
    trio = await started()
  }, 60_000)
  afterAll(() => trio?.stop())

  /** Runs the body with a connection and the lines that it has logged. */
  const heard = (
    url: string,
    body: (redis: RedisConnection, lines: ReadonlyArray<string>) => Promise<void>
  ): Promise<void> => {
    const lines: Array<string> = []
    const logger = Logger.make(({ message }) => void lines.push([message].flat().map(String).join(" ")))
    return run(
      Effect.flatMap(connect(secretUrl(url)), (redis) => Effect.promise(() => body(redis, lines))).pipe(
        Effect.provide(Logger.layer([logger]))
      )
    )
  }

  const refusals: ReadonlyArray<readonly [what: string, url: (url: string) => string, sentence: string]> = [
    [
      "a wrong password of the sentinels",
      (url) => url.replace(passwords.sentinel, "wr0ng"),
      "refuses the login: WRONGPASS"
    ],
    [
      "no password of the sentinels",
      (url) => url.replace(/\?.*/, ""),
      "set ?sentinel_password=… (and sentinel_username) in its URL"
    ],
    [
      "a name that no sentinel knows",
      (url) => url.replace("spoor%20primary", "other"),
      "know no primary of that name"
    ],
    ["a wrong password of the primary", (url) => url.replace(passwords.server, "wr0ng"), "WRONGPASS"],
    ["a database that does not exist", (url) => url.replace("?", "/99?"), "DB index is out of range"],
    [
      "sentinels that are down",
      (url) => url.replaceAll(/@[^/]+/g, "@127.0.0.1:1,127.0.0.1:2"),
      "cannot be reached"
    ]
  ]
  for (const [what, urlOf, sentence] of refusals)
    test.concurrent(`${what}: one line gives the reason, and it is tried again`, () =>
      heard(urlOf(trio.url), async (redis, lines) => {
        const { reason, message } = await eventually("three failures", async () => {
          const failure = await Effect.runPromise(Effect.flip(redis.check))
          return Number(/\((\d+) times\)/.exec(failure.message)?.[1] ?? 1) >= 3 && failure
        })
        expect(reason).toBe("unavailable")
        expect(message).toContain(sentence)
        expect(message).not.toContain("wr0ng")
        await eventually("the line of the outage", () => lines.some((line) => line.includes(sentence)))
        expect(lines.filter((line) => line.includes(sentence))).toHaveLength(1)
      }))

  test("database 6 of the primary, also with one sentinel down", async () => {
    await trio.stopSentinels(0)
    await heard(trio.url.replace("?", "?db=6&"), async (redis) => {
      await Effect.runPromise(redis.command("SET", "here", "v"))
      expect(String(await Effect.runPromise(redis.command("INFO", "keyspace")))).toContain("db6:keys=1")
      const info = await Effect.runPromise(redis.command("INFO", "server"))
      expect(portIn(info)).toBe(trio.servers[0]?.port ?? 0)
    })
  })

  test("an idle writer has a new epoch, by the clock of the new primary, after a fail-over", async () => {
    const before = trio.servers[0]?.port ?? 0
    await run(
      Effect.gen(function* () {
        const redis = yield* connect(secretUrl(trio.url))
        const write = makeWriter(redis, "{own}", yield* Effect.scope).script(
          "return redis.call('RPUSH', KEYS[1], ARGV[1])"
        )
        const epoch = Effect.gen(function* () {
          const [key = ""] = ((yield* redis.command("KEYS", "{own}:writer:*")) as ReadonlyArray<Buffer>).map(
            String
          )
          return Number(yield* redis.command("GET", key))
        })
        yield* write(["{own}:list"], ["before"])
        expect(yield* epoch).toBe(1)
        expect(yield* redis.command("WAIT", 2, 5000)).toBe(2)
        const logins = redis.logins()
        yield* Effect.promise(async () => {
          await trio.servers[0]?.stop()
          await eventually("it has found the other primary", () => redis.logins() > logins, 30_000)
        })
        yield* Effect.promise(() => eventually("it replies", () => run(redis.check).then(() => true)))
        expect(portIn(yield* redis.command("INFO", "server"))).not.toBe(before)
        yield* write(["{own}:list"], ["after"])
        expect(yield* epoch).toBe(2)
        expect(String(yield* redis.command("LRANGE", "{own}:list", 0, -1))).toBe("before,after")
      })
    )
  }, 60_000)
})

describe.skipIf(!hasRedisProgram())("a fail-over with QUEUE_CONFIRM=replica", () => {
  test("loses nothing that was acknowledged while the primary was frozen, replaced, and thawed", async () => {
    const trio = await started()
    const before = await trio.primary()
    const acknowledged: Array<string> = []
    let [lastAt, longestMs, isOver, failures] = [performance.now(), 0, false, 0]
    const push = Effect.fnUntraced(function* () {
      const queue = yield* redisQueue({
        urls: [secretUrl(trio.url)],
        queueKey: "click_queue",
        deadLetterKey: "click_invalid",
        rules: { maxLength: 0, maxBytes: 0, confirm: "replica" }
      })
      const pushing = (sender: number) =>
        Effect.gen(function* () {
          for (let i = 0; !isOver; i++) {
            const line = `line ${sender} ${i}`
            const result = yield* Effect.result(queue.push([line as ByteString]))
            if (result._tag === "Failure") failures += 1
            else {
              acknowledged.push(line)
              longestMs = Math.max(longestMs, performance.now() - lastAt)
              lastAt = performance.now()
            }
            yield* Effect.sleep("2 millis")
          }
        })
      yield* Effect.forEach([1, 2, 3], pushing, { concurrency: "unbounded", discard: true })
    })
    const pushed = run(push() as Effect.Effect<void, Failure, Scope.Scope>)
    await eventually("lines are acknowledged", () => acknowledged.length > 100)
    trio.servers[0]?.pause()
    const primary = await failedOver(trio, before)
    const replaced = acknowledged.length
    await eventually(
      "lines are acknowledged by the new primary",
      () => acknowledged.length > replaced + 100,
      30_000
    )
    trio.servers[0]?.resume()
    const old = new Redis({ port: trio.servers[0]?.port ?? 0, password: passwords.server })
    const redis = new Redis({ port: primary, password: passwords.server })
    expect(await old.ping()).toBe("PONG")
    const resumed = acknowledged.length
    await eventually("lines are acknowledged while both run", () => acknowledged.length > resumed + 100)
    isOver = true
    await pushed
    const stored = new Set(await redis.lrange("click_queue", 0, -1))
    expect(acknowledged.filter((line) => !stored.has(line))).toEqual([])
    expect(failures).toBeGreaterThan(0)
    process.stderr.write(`${acknowledged.length} acknowledged, none for ${Math.round(longestMs)} ms\n`)
    expect(longestMs).toBeLessThan(20_000)
    old.disconnect()
    redis.disconnect()
    await trio.stop()
  }, 120_000)
})
