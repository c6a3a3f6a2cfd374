/** Projections on Redis when the server refuses or is down: no batch is applied partially. */
import { describe, expect, test } from "bun:test"
import { Effect, Logger, type Scope } from "effect"
import { redisProjections } from "../../../bridge/projection-store/redis.ts"
import type { EffectBatch, ProjectionStore } from "../../../bridge/projection-store/service.ts"
import { connect, type RedisConnection } from "../../../bridge/redis/connection.ts"
import { eventId, newBatchId } from "../../../contracts/ids.ts"
import { hasRedisProgram, secretUrl, startRedis } from "../../support/redis.ts"
import { add, batchOf } from "./model.ts"

const limits = { horizon: 3_600_000, maxKeys: 1_000 }

const withServer = (
  body: (
    store: ProjectionStore["Service"],
    redis: RedisConnection
  ) => Effect.Effect<void, unknown, Scope.Scope>
): Promise<void> =>
  Effect.gen(function* () {
    const server = yield* Effect.acquireRelease(
      Effect.promise(() => startRedis()),
      (started) => Effect.promise(async () => started?.stop())
    )
    const url = secretUrl(server?.url ?? "")
    yield* body(yield* redisProjections(url, limits), yield* connect(url))
  }).pipe(Effect.scoped, Effect.provide(Logger.layer([])), Effect.runPromise)

const batch = (): EffectBatch => {
  const id = newBatchId()
  return batchOf([
    [0, eventId(id, 0), add("one", "x", 1), add("two", "x", 1)],
    [1, eventId(id, 1), add("one", "y", 1)]
  ])
}

/** The number of keys except that of the writer (redis/writer.ts). */
const keysOf = Effect.fnUntraced(function* (redis: RedisConnection) {
  const keys = yield* redis.command("KEYS", "*")
  return Array.isArray(keys) ? keys.map(String).filter((key) => !key.includes(":writer:")) : []
})

const refused = Effect.fnUntraced(function* (store: ProjectionStore["Service"], what: EffectBatch) {
  const failure = yield* Effect.orDie(Effect.flip(store.apply("p", what)))
  expect(failure.reason).toBe("unavailable")
})

describe.skipIf(!hasRedisProgram())("projections on Redis", () => {
  test("a key of a wrong type refuses the whole batch", () =>
    withServer((store, redis) =>
      Effect.gen(function* () {
        const what = batch()
        for (const key of ["{spoor:p}:table:two", "{spoor:p}:errors:two", "{spoor:p}:offsets"]) {
          yield* redis.command("SET", key, "in the way")
          yield* refused(store, what)
          expect(yield* keysOf(redis)).toEqual([key])
          yield* redis.command("DEL", key)
        }
        expect((yield* store.apply("p", what)).applied).toBe(2)
      })
    ))

  test("a full server refuses the whole batch, and accepts it when memory is free", () =>
    withServer((store, redis) =>
      Effect.gen(function* () {
        const what = batch()
        yield* redis.command("CONFIG", "SET", "maxmemory", "1")
        yield* refused(store, what)
        expect(yield* keysOf(redis)).toEqual([])
        yield* redis.command("CONFIG", "SET", "maxmemory", "0")
        expect((yield* store.apply("p", what)).applied).toBe(2)
      })
    ))

  test("a script is sent again after a SCRIPT FLUSH of the server", () =>
    withServer((store, redis) =>
      Effect.gen(function* () {
        yield* store.apply("p", batchOf([[0, undefined, add("one", "x", 1)]]))
        yield* redis.command("SCRIPT", "FLUSH")
        yield* store.apply("p", batchOf([[1, undefined, add("one", "x", 1)]]))
        expect(yield* store.top("p", "one", 1)).toEqual([{ key: "x", count: 2 }])
      })
    ))

  test("stored ids expire, counts stay", () =>
    withServer((store, redis) =>
      Effect.gen(function* () {
        yield* store.apply("p", batch())
        const ages = new Map<string, number>()
        for (const key of yield* keysOf(redis)) {
          ages.set(key.replace(/seen:.*/, "seen"), Number(yield* redis.command("PTTL", key)))
        }
        expect(ages.get("{spoor:p}:seen")).toBeGreaterThan(limits.horizon - 60_000)
        ages.delete("{spoor:p}:seen")
        expect([...ages].toSorted()).toEqual([
          ["{spoor:p}:offsets", -1],
          ["{spoor:p}:table:one", -1],
          ["{spoor:p}:table:two", -1]
        ])
      })
    ))
})
