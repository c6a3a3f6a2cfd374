/** Readiness reports a Redis that replies to PING but refuses writes, and when it accepts them again. */
import { afterAll, describe, expect, test } from "bun:test"
import { Effect, Logger } from "effect"
import type { PushRules } from "../../../bridge/ingest-queue/push-limits.ts"
import { standardRules } from "../../../bridge/ingest-queue/push-limits.ts"
import { redisQueue } from "../../../bridge/ingest-queue/redis/queue.ts"
import { redisProjections } from "../../../bridge/projection-store/redis.ts"
import type { EffectBatch } from "../../../bridge/projection-store/service.ts"
import { connect, type RedisConnection } from "../../../bridge/redis/connection.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { eventId, newBatchId, type Topic } from "../../../contracts/ids.ts"
import { eventually } from "../../support/eventually.ts"
import { hasRedisProgram, type OwnRedis, secretUrl, startRedis } from "../../support/redis.ts"

const own: Array<OwnRedis> = []
afterAll(() => Promise.all(own.map((server) => server.stop())))

type Send = (...command: Parameters<RedisConnection["command"]>) => Promise<unknown>

interface Refusal {
  readonly name: string
  readonly args?: ReadonlyArray<string>
  readonly rules?: Partial<PushRules>
  readonly word: string
  readonly refuse: (send: Send, server: OwnRedis) => Promise<unknown>
  readonly repair: (send: Send) => Promise<unknown>
}

const refusals: ReadonlyArray<Refusal> = [
  {
    name: "its memory is full",
    args: ["--maxmemory-policy", "noeviction"],
    word: "OOM",
    refuse: (send) => send("CONFIG", "SET", "maxmemory", "1mb"),
    repair: (send) => send("CONFIG", "SET", "maxmemory", "0")
  },
  {
    name: "it cannot save",
    args: ["--enable-protected-configs", "yes"],
    word: "MISCONF",
    refuse: async (send) => {
      await send("CONFIG", "SET", "dir", "/proc")
      await send("CONFIG", "SET", "save", "3600 1")
      await send("BGSAVE")
      await eventually("it has failed to save", async () =>
        String(await send("INFO", "persistence")).includes("rdb_last_bgsave_status:err")
      )
    },
    repair: (send) => send("CONFIG", "SET", "save", "")
  },
  {
    name: "it lacks replicas",
    word: "NOREPLICAS",
    refuse: (send) => send("CONFIG", "SET", "min-replicas-to-write", "1"),
    repair: (send) => send("CONFIG", "SET", "min-replicas-to-write", "0")
  },
  {
    name: "it may delete events",
    args: ["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"],
    word: "maxmemory-policy",
    refuse: () => Promise.resolve(),
    repair: (send) => send("CONFIG", "SET", "maxmemory-policy", "noeviction")
  },
  {
    name: "no replica follows it",
    rules: { confirm: "replica" },
    word: "QUEUE_CONFIRM",
    refuse: () => Promise.resolve(),
    repair: async (send) => {
      const follower = await startRedis()
      if (follower === undefined) throw new Error("redis-server is not installed")
      own.push(follower)
      const port = /tcp_port:(\d+)/.exec(String(await send("INFO", "server")))?.[1] ?? ""
      await Effect.runPromise(
        Effect.scoped(
          Effect.flatMap(connect(secretUrl(follower.url)), (redis) =>
            redis.command("REPLICAOF", "127.0.0.1", port)
          )
        )
      )
      await eventually("it follows", async () =>
        /slave0:.*state=online/.test(String(await send("INFO", "replication")))
      )
    }
  }
]

describe.skipIf(!hasRedisProgram())("a Redis that refuses events", () => {
  test.each(refusals.map((one) => [one.name, one] as const))("because %s", async (_, one) => {
    const server = await startRedis(one.args)
    if (server === undefined) throw new Error("redis-server is not installed")
    own.push(server)
    const work = Effect.gen(function* () {
      const queue = yield* redisQueue({
        urls: [secretUrl(server.url)],
        queueKey: "q",
        deadLetterKey: "d",
        rules: { ...standardRules, ...one.rules }
      })
      const check = queue.sources[0]?.dependency.check ?? Effect.die("no source")
      const admin = yield* connect(secretUrl(server.url), { quiet: true })
      const send: Send = (...command) => Effect.runPromise(admin.command(...command))
      yield* check
      yield* Effect.promise(() => one.refuse(send, server))
      const pushed = yield* Effect.flip(queue.push(["a line" as ByteString]))
      expect(pushed.message).toContain(one.word)
      for (let i = 0; i < 2; i++) {
        const unready = yield* Effect.flip(check)
        expect(unready.reason).toBe("unavailable")
        expect(unready.message).toContain(one.word)
      }
      yield* Effect.promise(() => one.repair(send))
      yield* Effect.promise(() => eventually("it is ready", () => Effect.runPromise(check).then(() => true)))
      expect(String(yield* admin.command("KEYS", "*probe*"))).toBe("")
    })
    await Effect.runPromise(work.pipe(Effect.scoped, Effect.provide(Logger.layer([]))))
  })

  test("or counts of events: projections are not ready either", async () => {
    const server = await startRedis(["--maxmemory-policy", "noeviction"])
    if (server === undefined) throw new Error("redis-server is not installed")
    own.push(server)
    const work = Effect.gen(function* () {
      const store = yield* redisProjections(secretUrl(server.url), { horizon: 3_600_000, maxKeys: 10 })
      const admin = yield* connect(secretUrl(server.url), { quiet: true })
      const batch: EffectBatch = {
        topic: "events" as Topic,
        partition: 0,
        end: "1",
        effects: [
          {
            offset: "0",
            id: eventId(newBatchId(), 0),
            increments: [{ table: "types", key: "buy", by: 1 }]
          }
        ]
      }
      yield* admin.command("CONFIG", "SET", "maxmemory", "1mb")
      yield* store.dependency.check
      expect((yield* Effect.flip(store.apply("p", batch))).message).toContain("OOM")
      expect((yield* Effect.flip(store.dependency.check)).message).toContain("OOM")
      yield* admin.command("CONFIG", "SET", "maxmemory", "0")
      yield* store.dependency.check
    })
    await Effect.runPromise(work.pipe(Effect.scoped, Effect.provide(Logger.layer([]))))
  })
})
