import { describe, expect, test } from "bun:test"
import { Effect } from "effect"
import { Redis } from "ioredis"
import { cachedSalts } from "../../../actors/gateway/visitor-salts.ts"
import { redisSalts } from "../../../bridge/visitor-salts/redis.ts"
import { daysAt } from "../../../gateway/privacy/visitor-id.ts"
import { secretUrl, startRedis } from "../../support/redis.ts"

const day = 86_400_000

test("salts are needed from an hour before their day until an hour after it", () => {
  expect(daysAt(5 * day)).toEqual([5, 4])
  expect(daysAt(5 * day + 3_599_999)).toEqual([5, 4])
  expect(daysAt(5 * day + 3_600_000)).toEqual([5])
  expect(daysAt(6 * day - 3_600_001)).toEqual([5])
  expect(daysAt(6 * day - 3_600_000)).toEqual([5, 6])
})

const server = await startRedis()

describe.skipIf(server === undefined)("the salts of gateways", () => {
  const url = server?.url ?? ""
  const today = Math.floor(Date.now() / day)
  const open = redisSalts(secretUrl(url), { commandTimeout: 500, quiet: true })

  test("are the same, and a salt that Redis lost is restored", () =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const [one, other] = [cachedSalts(yield* open), cachedSalts(yield* open)]
          yield* one.refresh
          yield* other.refresh
          const salt = one.saltOf(today)
          expect(salt).toMatch(/^[0-9a-f]{32}$/)
          expect(other.saltOf(today)).toBe(salt ?? "")

          const redis = new Redis(url)
          yield* Effect.promise(() => redis.flushall())
          yield* other.refresh
          expect(yield* Effect.promise(() => redis.get(`{spoor:visitor}:salt:${today}`))).toBe(salt ?? "")
          redis.disconnect()
        })
      )
    ))

  test("are kept while Redis is unavailable, and are missing when they were never loaded", async () => {
    await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const service = yield* open
          const [known, unknown] = [cachedSalts(service), cachedSalts(service)]
          yield* known.refresh
          yield* Effect.promise(() => server?.stop() ?? Promise.resolve())
          yield* known.refresh
          yield* unknown.refresh
          expect(known.saltOf(today)).toBeDefined()
          expect(unknown.saltOf(today)).toBeUndefined()
        })
      )
    )
  })
})
