/** The reactions on Redis when the server refuses: no change is applied partially. */
import { describe, expect, test } from "bun:test"
import { Effect, Logger, type Scope } from "effect"
import { redisReactionStore } from "../../../bridge/reaction-store/redis/store.ts"
import type { NewDelivery } from "../../../bridge/reaction-store/service.ts"
import { connect, type RedisConnection } from "../../../bridge/redis/connection.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { eventId, newBatchId } from "../../../contracts/ids.ts"
import { hasRedisProgram, secretUrl, startRedis } from "../../support/redis.ts"
import {
  at,
  claim,
  claimOne,
  delivery,
  hour,
  later,
  line,
  load,
  records,
  type Store,
  settle,
  settlement,
  target
} from "./check.ts"

const prefix = "{spoor:reactions}"

const withServer = (
  body: (store: Store, redis: RedisConnection) => Effect.Effect<void, unknown, Scope.Scope>
): Promise<void> =>
  Effect.gen(function* () {
    const server = yield* Effect.acquireRelease(
      Effect.promise(() => startRedis()),
      (started) => Effect.promise(async () => started?.stop())
    )
    const url = secretUrl(server?.url ?? "")
    yield* body(yield* redisReactionStore(url, hour), yield* connect(url))
  }).pipe(Effect.scoped, Effect.provide(Logger.layer([])), Effect.runPromise)

const gated = (name: string): NewDelivery =>
  delivery(name, {
    gates: [
      { kind: "once", key: `k-${name}`, at: Date.now(), until: Date.now() + 1_000 },
      { kind: "once", key: `ever-${name}`, at: 1, until: Number.POSITIVE_INFINITY },
      { kind: "rate", key: "r", window: 0, max: 1_000, forMs: 1_000 }
    ]
  })

const id = eventId(newBatchId(), 0)

/** A commit that writes to the fences, the gates and the delivery. */
const commit = Effect.fnUntraced(function* (store: Store, name: string) {
  const { fences, version } = yield* load(store, records([0, id]))
  const changes = { fences, handled: 1, deliveries: [gated(name)], suppressed: [] }
  return yield* store.commit(at, version, changes)
})

/** Settles the claimed delivery with a call and a delivery that it causes. */
const settleOne = (store: Store, claimed: Effect.Success<ReturnType<typeof claimOne>>) =>
  settle(
    store,
    settlement(
      claimed,
      { kind: "retry", at: later },
      {
        ...{ health: "failed", spawn: [gated("spawned")] },
        call: { at: Date.now(), rule: "r", target: claimed.target, text: "{}" }
      }
    )
  )

const contentOf = Effect.fnUntraced(function* (redis: RedisConnection) {
  const keys = yield* redis.command("KEYS", "*")
  const found = new Map<string, string>()
  for (const key of (Array.isArray(keys) ? keys.map(String) : []).toSorted())
    if (!key.includes(":writer:")) found.set(key, String(yield* redis.command("DUMP", key)))
  return found
})

/** As if the server's clock had been an hour ahead until now. */
const setBack = `
for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
  local record = cmsgpack.unpack(redis.call('HGET', KEYS[1], name))
  record.served, record.paidUntil = record.served + 3600000, record.paidUntil + 3600000
  redis.call('HSET', KEYS[1], name, cmsgpack.pack(record))
end
return 1`

/** As if the limits of rules had been set a day ago. */
const setLongAgo = `
for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
  local record = cmsgpack.unpack(redis.call('HGET', KEYS[1], name))
  for _, limits in pairs(record.limits) do limits[3] = (limits[3] or 0) - 86400001 end
  redis.call('HSET', KEYS[1], name, cmsgpack.pack(record))
end
return 1`

describe.skipIf(!hasRedisProgram())("the reactions on Redis", () => {
  test("the limit of a rule that is gone holds its target for a day at most", () =>
    withServer((store, redis) =>
      Effect.gen(function* () {
        yield* store.add([delivery("a", { rule: "gone", limits: { concurrency: 1, perSecond: undefined } })])
        yield* settle(store, settlement(yield* claimOne(store), { kind: "delivered" }))
        yield* redis.command("EVAL", setLongAgo, 1, `${prefix}:targets`)
        yield* store.add([delivery("b")])
        yield* settle(store, settlement(yield* claimOne(store), { kind: "delivered" }))
        yield* store.add([delivery("c"), delivery("d")])
        expect((yield* claim(store)).map((one) => String(one.id))).toEqual(["c", "d"])
      })
    ))

  test("a clock that is set back does not stop the targets that were called before", () =>
    withServer((store, redis) =>
      Effect.gen(function* () {
        const limits = { concurrency: undefined, perSecond: 10 }
        yield* store.add([delivery("a", { limits })])
        yield* settle(store, settlement(yield* claimOne(store), { kind: "delivered" }))
        yield* redis.command("EVAL", setBack, 1, `${prefix}:targets`)
        yield* store.add([delivery("b", { limits })])
        yield* store.awaitDue(5_000)
        expect((yield* claim(store)).map((one) => String(one.id))).toEqual(["b"])
      })
    ))

  test("a key of a wrong type refuses the whole change", () =>
    withServer((store, redis) =>
      Effect.gen(function* () {
        yield* store.add([delivery("a")])
        const claimed = yield* claimOne(store)
        yield* store.add([delivery("b")])
        yield* commit(store, "c")
        // What is there, by name, without the gates and the bitmaps of other events.
        const fixed = [...(yield* contentOf(redis)).keys()].filter((key) => !/:(gate|seen):/.test(key))
        const lists = [
          `${prefix}:calls`,
          `${prefix}:calls:rule:r`,
          `${prefix}:calls:target:${claimed.target}`
        ]
        expect(fixed.length).toBeGreaterThan(8)
        for (const key of [...fixed, `${prefix}:dead`, ...lists]) {
          const isThere = Number(yield* redis.command("EXISTS", key)) === 1
          if (isThere) yield* redis.command("RENAME", key, "{spoor:reactions}:aside")
          yield* redis.command("SET", key, "in the way")
          const before = yield* contentOf(redis)
          const isList = lists.includes(key)
          const changes: ReadonlyArray<Effect.Effect<unknown, Failure>> = isList
            ? [settleOne(store, claimed)]
            : key.endsWith(":partitions")
              ? [commit(store, "d")]
              : [commit(store, "d"), store.add([gated("e")]), claimOne(store), settleOne(store, claimed)]
          for (const change of changes) yield* Effect.orDie(Effect.flip(Effect.asVoid(change)))
          expect([key, yield* contentOf(redis)]).toEqual([key, before])
          yield* redis.command("DEL", key)
          if (isThere) yield* redis.command("RENAME", "{spoor:reactions}:aside", key)
        }
        expect(yield* settleOne(store, claimed)).toEqual([true])
        expect(yield* line(store)).toMatchObject({ matched: 4, waiting: 4 })
      })
    ))

  test("a full server refuses the whole change, and accepts it when memory is free", () =>
    withServer((store, redis) =>
      Effect.gen(function* () {
        yield* store.add([delivery("a")])
        const before = yield* contentOf(redis)
        yield* redis.command("CONFIG", "SET", "maxmemory", "1")
        for (const change of [commit(store, "b"), store.add([gated("b")])]) {
          const failure = yield* Effect.orDie(Effect.flip(Effect.asVoid(change)))
          expect(failure).toMatchObject({ reason: "unavailable" })
        }
        expect(yield* contentOf(redis)).toEqual(before)
        // What waits is delivered all the same.
        const claimed = yield* claimOne(store)
        yield* store.renew([claimed], hour)
        expect(yield* settle(store, settlement(claimed, { kind: "retry", at: later }))).toEqual([true])
        yield* store.resume(claimed.target)
        expect(yield* settle(store, settlement(yield* claimOne(store), { kind: "dead" }))).toEqual([true])
        expect(yield* store.discard(claimed.id)).toBe(true)
        yield* redis.command("CONFIG", "SET", "maxmemory", "0")
        expect((yield* commit(store, "b"))?.added).toHaveLength(1)
      })
    ))

  test("all keys are in one slot; ids, gates and calls expire, deliveries do not", () =>
    withServer((store, redis) =>
      Effect.gen(function* () {
        yield* commit(store, "a")
        const claimed = yield* claimOne(store)
        yield* settleOne(store, claimed)
        yield* store.add([delivery("c", { target: target("https://c.example") })])
        yield* settle(store, settlement(yield* claimOne(store), { kind: "dead" }))
        yield* claimOne(store)
        yield* store.putRule({ name: "x", text: "{}" })
        const keys = [...(yield* contentOf(redis)).keys()]
        expect(keys.every((key) => key.startsWith(`${prefix}:`))).toBe(true)
        const expiring = new Set<string>()
        const lasting = new Set<string>()
        for (const key of keys) {
          const name = key.slice(prefix.length + 1).replace(/:.*/, "")
          const isExpiring = Number(yield* redis.command("PTTL", key)) !== -1
          ;(isExpiring ? expiring : lasting).add(name)
        }
        expect([...expiring].toSorted()).toEqual(["calls", "gate", "seen"])
        // Those of "the first ever" last.
        expect([...lasting].toSorted()).toEqual(
          [
            ...["ages", "claimable", "dead", "deliveries", "gate", "leases", "lines", "partitions"],
            ...["rules", "seconds", "targets", "tries", "used", "versions", "waiting"]
          ].toSorted()
        )
      })
    ))

  test("targets that nobody used for a day are forgotten, but for those with a state", () =>
    withServer((store, redis) =>
      Effect.gen(function* () {
        const names = ["idle", "waiting", "paused", "new"]
        yield* store.add(names.map((name) => delivery(name, { target: target(name) })))
        yield* store.pause(target("paused"))
        for (const name of ["idle", "paused"]) {
          yield* store.resume(target(name))
          yield* settle(
            store,
            settlement(yield* claimOne(store, { except: names.filter((one) => one !== name).map(target) }), {
              kind: "delivered"
            })
          )
        }
        yield* store.pause(target("paused"))
        yield* store.pause(target("waiting"))
        for (const name of names.slice(0, 3))
          yield* redis.command("ZADD", `${prefix}:used`, Date.now() - 25 * hour, name)
        yield* claimOne(store)
        const left = (yield* store.targets(10)).map((one) => String(one.target)).toSorted()
        expect(left).toEqual(["new", "paused", "waiting"])
        // They are looked at again a day later, not with each claim.
        const score = Number(String(yield* redis.command("ZSCORE", `${prefix}:used`, "paused")))
        expect(score).toBeGreaterThan(Date.now() - hour)
      })
    ))

  test("what waits for targets that cannot be called costs a claim and a commit nothing", () =>
    withServer((store, redis) =>
      Effect.gen(function* () {
        const blocked = Array.from({ length: 40 }, (_, i) => target(`https://${i}.example`))
        const add = (count: number, more: Partial<NewDelivery>, name: string) =>
          store.add(Array.from({ length: count }, (_, i) => delivery(`${name}-${i}`, more)))
        const one = { concurrency: 1, perSecond: undefined }
        for (const [i, name] of blocked.entries()) yield* add(50, { target: name, limits: one }, `b${i}`)
        const flying = yield* claim(store, { max: 100 })
        expect(flying).toHaveLength(40)
        // Ten are paused, ten held, ten open, ten are called as often as they may.
        for (const name of blocked.slice(0, 10)) yield* store.pause(name)
        const failed = flying
          .slice(10, 30)
          .map((each, i) =>
            settlement(each, { kind: "retry", at: 0 }, i < 10 ? { holdUntil: later } : { health: "failed" })
          )
        yield* store.settle(failed, { failures: 1, openMs: hour, maxOpenMs: hour })
        yield* claim(store)
        const free = target("https://free.example")
        const cost = Effect.fnUntraced(function* (name: string) {
          yield* redis.command("CONFIG", "RESETSTAT")
          yield* add(1, { target: free }, name)
          expect((yield* claimOne(store)).target).toBe(free)
          expect(yield* claim(store)).toEqual([])
          const stats = String(yield* redis.command("INFO", "commandstats"))
          return [...stats.matchAll(/calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0)
        })
        yield* cost("warm")
        const before = yield* cost("first")
        expect(before).toBeLessThan(150)
        for (const [i, name] of blocked.entries()) yield* add(500, { target: name, limits: one }, `c${i}`)
        yield* claim(store)
        expect(yield* cost("second")).toBeLessThanOrEqual(before + 5)
      })
    ))

  test("a name with a line break is refused", () =>
    withServer((store) =>
      Effect.gen(function* () {
        const failure = yield* Effect.flip(store.add([delivery("a", { target: target("a\nb") })]))
        expect(failure.reason).toBe("unreadable")
        expect(yield* line(store)).toEqual({})
      })
    ))
})
