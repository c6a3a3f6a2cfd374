/** Shared rate limits on Redis, on a Redis Cluster and in process, against the same contract. */
import { afterAll, describe, expect, test } from "bun:test"
import { Effect, type Scope } from "effect"
import { inProcessRateShare } from "../../../bridge/rate-share/in-process.ts"
import { redisRateShare } from "../../../bridge/rate-share/redis.ts"
import type { RateShare } from "../../../bridge/rate-share/service.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { redisServer, secretUrl } from "../../support/redis.ts"
import { startRedisCluster } from "../../support/redis-cluster.ts"
import { serverUrl } from "../../support/server.ts"

/** Two gateways with shared limits. */
type Two = Effect.Effect<readonly [RateShare["Service"], RateShare["Service"]], Failure, Scope.Scope>

const contract = (two: Two): void => {
  const run = (
    work: (one: RateShare["Service"], other: RateShare["Service"]) => Effect.Effect<void, Failure>
  ) => Effect.runPromise(Effect.scoped(Effect.flatMap(two, ([one, other]) => work(one, other))))
  const table = (): string => crypto.randomUUID()

  test("the costs of two gateways add up", () =>
    run((one, other) =>
      Effect.gen(function* () {
        const own = table()
        const first = yield* one.spend(own, [
          { name: "a", cost: 60_000 },
          { name: "b", cost: 1000.5 }
        ])
        expect(first).toEqual([60_000, 1001])
        const [second = 0] = yield* other.spend(own, [{ name: "a", cost: 30_000 }])
        expect(second).toBeGreaterThan(80_000)
        expect(second).toBeLessThanOrEqual(90_000)
        const [nothing = 0] = yield* one.spend(own, [{ name: "a", cost: 0 }])
        expect(nothing).toBeGreaterThan(80_000)
      })
    ))

  test("tables do not mix, and a bucket that is full again starts over", () =>
    run((one, other) =>
      Effect.gen(function* () {
        const own = table()
        yield* one.spend(own, [{ name: "a", cost: 60_000 }])
        expect(yield* other.spend(table(), [{ name: "a", cost: 5 }])).toEqual([5])
        expect(yield* other.spend(own, [{ name: "b", cost: 0 }])).toEqual([0])
        expect(yield* other.spend(own, [{ name: "b", cost: 7 }])).toEqual([7])
      })
    ))

  test("accepts the maximum number of names, and none", () =>
    run((one) =>
      Effect.gen(function* () {
        const costs = Array.from({ length: 500 }, (_, n) => ({ name: `name ${n}`, cost: n }))
        expect(yield* one.spend(table(), costs)).toEqual(costs.map(({ cost }) => cost))
        expect(yield* one.spend(table(), [])).toEqual([])
      })
    ))
}

describe("in process", () => {
  contract(
    Effect.sync(() => {
      const share = inProcessRateShare()
      return [share, share] as const
    })
  )
})

const url = await serverUrl(redisServer)
const at = (where: string): Two =>
  Effect.all([redisRateShare(secretUrl(where)), redisRateShare(secretUrl(where))])

describe.skipIf(url === undefined)("on Redis", () => {
  contract(at(url ?? ""))
})

const cluster = await startRedisCluster()
afterAll(() => cluster?.stop())

describe.skipIf(cluster === undefined)("on a Redis Cluster", () => {
  contract(at(cluster?.url ?? ""))
})
