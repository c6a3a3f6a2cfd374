/** Gateways that share their rate limits through a real Redis, also while it is unavailable. */
import { describe, expect, test } from "bun:test"
import { Effect, Fiber, Metric, Schedule } from "effect"
import { Redis } from "ioredis"
import { syncRateLimits } from "../../../actors/gateway/sync-rate-limits.ts"
import { redisRateShare } from "../../../bridge/rate-share/redis.ts"
import { makeTokenBuckets } from "../../../gateway/guard/token-buckets.ts"
import { eventually } from "../../support/eventually.ts"
import { secretUrl, startRedis } from "../../support/redis.ts"

const server = await startRedis()

/** Rounds of all gateways of this process that could not reach Redis. */
const failedRounds = (): number => {
  const counters = Effect.runSync(Metric.snapshot)
  const found = counters.find(({ id }) => id === "spoor_gateway_rate_share_failures_total")
  return Number((found?.state as { count: number } | undefined)?.count ?? 0)
}

/** The number of shared buckets on the server. */
const keysOf = async (url: string): Promise<number> => {
  const redis = new Redis(url)
  const count = await redis.dbsize()
  redis.disconnect()
  return count
}

describe.skipIf(server === undefined)("rate limits", () => {
  const rate = { intervalMs: 60_000, burst: 10 }
  const now = (): number => performance.now()

  /** One gateway's buckets, synchronised from when this resolves until `stop`. */
  const gateway = async () => {
    const buckets = makeTokenBuckets(rate, { isShared: true })
    const connected = Promise.withResolvers<void>()
    const share = Effect.scoped(
      Effect.gen(function* () {
        const redis = yield* redisRateShare(secretUrl(server?.url ?? ""), { quiet: true })
        yield* Effect.retry(redis.dependency.check, { schedule: Schedule.spaced("20 millis") })
        connected.resolve()
        return yield* syncRateLimits(redis, [["address", buckets]], now)
      })
    )
    const fiber = Effect.runFork(share)
    await connected.promise
    return { buckets, stop: () => Effect.runPromise(Fiber.interrupt(fiber)) }
  }

  test("of two gateways add up, and an unavailable Redis delays no request", async () => {
    const [one, other] = [await gateway(), await gateway()]
    expect(one.buckets.take("a", 10, now())).toBe(0)
    // A gateway learns what others took when it reports what it took itself.
    await eventually("the first gateway has reported", async () => (await keysOf(server?.url ?? "")) === 1)
    expect(other.buckets.take("a", 1, now())).toBe(0)
    const wait = await eventually("the other gateway has learnt it", () => {
      const asked = other.buckets.take("a", 10, now())
      return asked > 9 * rate.intervalMs ? asked : undefined
    })
    expect(wait).toBeLessThanOrEqual(11 * rate.intervalMs)

    const before = failedRounds()
    await server?.stop()
    expect(one.buckets.take("b", 10, now())).toBe(0)
    expect(other.buckets.take("b", 10, now())).toBe(0)
    expect(one.buckets.take("b", 1, now())).toBeGreaterThan(0)
    await eventually("each gateway has reported in vain", () => failedRounds() === before + 2)
    expect(one.buckets.spent(10)).toEqual([])
    await Promise.all([one.stop(), other.stop()])
  })
})
