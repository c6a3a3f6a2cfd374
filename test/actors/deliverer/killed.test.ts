/**
 * Deliverers that are killed: before the call, and after the call before its record. Another takes over when the lease ends,
 * with the same webhook-id, so that a receiver that remembers ids sees each delivery once.
 */
import { describe, expect, test } from "bun:test"
import { Effect } from "effect"
import { eventually } from "../../support/eventually.ts"
import { hasRedisProgram, startRedis } from "../../support/redis.ts"
import { ownSettings, startSpoor } from "../../support/spoor.ts"
import { receiver } from "./receiver.ts"
import { delivery, lineOf, makeWorld } from "./world.ts"

const run = <A>(effect: Effect.Effect<A, unknown>): Promise<A> =>
  Effect.runPromise(effect as Effect.Effect<A>)

const scenario = Effect.fnUntraced(function* (settings: Readonly<Record<string, string>>) {
  const world = yield* makeWorld(settings)
  const deliverer = Effect.acquireRelease(
    Effect.promise(() => startSpoor(["deliverer"], { ...ownSettings(), ...world.env, DELIVER_LEASE: "1s" })),
    ({ end }) => Effect.promise(() => end("SIGKILL"))
  )
  // The first call of each is not answered before its deliverer is killed.
  const seen = new Set<string>()
  let isKilled = false
  const target = yield* receiver(({ headers }) => {
    seen.add(String(headers["webhook-id"]))
    return isKilled ? { status: 200 } : undefined
  })
  const steps = [{ call: { url: target.url } }]
  // Claimed by one that was killed before its call.
  yield* world.store.add([delivery("before", target.target, steps)])
  const [claimed] = yield* world.store.claim("killed", { max: 1, leaseMs: 1_000, concurrency: 8 })
  expect(claimed).toBeDefined()
  yield* world.store.add([delivery("after", target.target, steps)])

  const first = yield* deliverer
  yield* Effect.promise(() => eventually("a call is made", () => seen.size > 0))
  yield* Effect.promise(() => first.end("SIGKILL"))
  isKilled = true
  expect(yield* lineOf(world)).toMatchObject({ matched: 2, delivered: 0 })

  yield* deliverer
  yield* Effect.promise(() =>
    eventually("both are delivered", async () => (await run(lineOf(world)))?.delivered === 2)
  )
  expect(seen.size).toBe(2)
  expect(target.calls.length).toBeGreaterThanOrEqual(3)
  expect(yield* lineOf(world)).toMatchObject({ matched: 2, delivered: 2, waiting: 0, inFlight: 0, dead: 0 })
})

describe("deliverers killed before the call, and after it before its record", () => {
  test("in files", () => run(Effect.scoped(scenario({}))))

  if (hasRedisProgram())
    test("on Redis", async () => {
      const redis = await startRedis()
      if (redis === undefined) throw new Error("There is no redis-server.")
      try {
        await run(Effect.scoped(scenario({ REDIS_URL: redis.url, PROJECTIONS_URL: redis.url })))
      } finally {
        await redis.stop()
      }
    })
})
