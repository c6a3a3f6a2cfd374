/** The keyed store on Redis when the server refuses: no commit is applied partially. */
import { describe, expect, test } from "bun:test"
import { Effect, Logger, type Scope } from "effect"
import { redisKeyedStore } from "../../../bridge/keyed-store/redis.ts"
import type { KeyedStore } from "../../../bridge/keyed-store/service.ts"
import { connect, type RedisConnection } from "../../../bridge/redis/connection.ts"
import { eventId, newBatchId, type Topic } from "../../../contracts/ids.ts"
import { hasRedisProgram, secretUrl, startRedis } from "../../support/redis.ts"

const topic = "events" as Topic
const place = { actor: "a", topic, partition: 0 }
const prefix = "{spoor:keyed:a:events-0}"
const horizon = 3_600_000

type Store = KeyedStore["Service"]

const withServer = (
  body: (store: Store, redis: RedisConnection) => Effect.Effect<void, unknown, Scope.Scope>
): Promise<void> =>
  Effect.gen(function* () {
    const server = yield* Effect.acquireRelease(
      Effect.promise(() => startRedis()),
      (started) => Effect.promise(async () => started?.stop())
    )
    const url = secretUrl(server?.url ?? "")
    yield* body(yield* redisKeyedStore(url, horizon), yield* connect(url))
  }).pipe(Effect.scoped, Effect.provide(Logger.layer([])), Effect.runPromise)

/** A commit that writes to every key of the partition. */
const commit = Effect.fnUntraced(function* (store: Store) {
  const id = eventId(newBatchId(), 0)
  const request = { records: [{ offset: "0", id }], end: "1", keys: ["k"], timersUpTo: 0, maxTimers: 10 }
  const { fences, version } = yield* store.load(place, request)
  return yield* store.commit(place, version, {
    ...{ fences, handled: 1, clock: 5, partitions: 3 },
    states: new Map([["k", new Uint8Array([1, 2, 3])]]),
    timers: [{ key: "k", name: "end", due: 9 }],
    outputs: [{ topic, value: new Uint8Array([4]), headers: {} }]
  })
})

const keysOf = Effect.fnUntraced(function* (redis: RedisConnection) {
  const keys = yield* redis.command("KEYS", "*")
  return Array.isArray(keys) ? keys.map(String).filter((key) => !key.includes(":writer:")) : []
})

describe.skipIf(!hasRedisProgram())("the keyed store on Redis", () => {
  test("a key of a wrong type refuses the whole commit", () =>
    withServer((store, redis) =>
      Effect.gen(function* () {
        for (const name of ["state", "timers", "outputs"]) {
          yield* redis.command("SET", `${prefix}:${name}`, "in the way")
          const failure = yield* Effect.orDie(Effect.flip(commit(store)))
          expect(failure.reason).toBe("unavailable")
          expect(yield* keysOf(redis)).toEqual([`${prefix}:${name}`])
          yield* redis.command("DEL", `${prefix}:${name}`)
        }
        expect(yield* commit(store)).toBe(true)
      })
    ))

  test("a full server refuses the whole commit, and accepts it when memory is free", () =>
    withServer((store, redis) =>
      Effect.gen(function* () {
        yield* redis.command("CONFIG", "SET", "maxmemory", "1")
        const failure = yield* Effect.orDie(Effect.flip(commit(store)))
        expect(failure.reason).toBe("unavailable")
        expect(yield* keysOf(redis)).toEqual([])
        yield* redis.command("CONFIG", "SET", "maxmemory", "0")
        expect(yield* commit(store)).toBe(true)
      })
    ))

  test("only the stored ids expire, and all keys are in one slot", () =>
    withServer((store, redis) =>
      Effect.gen(function* () {
        yield* commit(store)
        const keys = (yield* keysOf(redis)).toSorted()
        expect(keys.every((key) => key.startsWith(`${prefix}:`))).toBe(true)
        const expiring: Array<string> = []
        for (const key of keys) {
          if (Number(yield* redis.command("PTTL", key)) !== -1)
            expiring.push(key.slice(prefix.length).replace(/seen:.*/, "seen"))
        }
        expect(keys).toHaveLength(5)
        expect(expiring).toEqual([":seen"])
      })
    ))
})
