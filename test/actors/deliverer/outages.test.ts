/** Outages of Redis, which has the deliveries and the queue, and the deliverer on Deno. Nothing is lost, and no attempt is counted. */
import { expect, test } from "bun:test"
import { Effect } from "effect"
import { denoProgram } from "../../support/deno.ts"
import { eventually } from "../../support/eventually.ts"
import { hasRedisProgram, privateRedis } from "../../support/redis.ts"
import { ownSettings, startSpoor } from "../../support/spoor.ts"
import { receiver } from "./receiver.ts"
import { delivery, lineOf, makeWorld, recorded } from "./world.ts"

const run = <A>(effect: Effect.Effect<A, unknown>): Promise<A> =>
  Effect.runPromise(effect as Effect.Effect<A>)

test.skipIf(!hasRedisProgram())(
  "Redis is killed while calls are made: each is delivered once it is back, at its first attempt, and the ledger adds up",
  async () => {
    const redis = await privateRedis([], "always")
    try {
      await redis.start()
      await run(
        Effect.scoped(
          Effect.gen(function* () {
            let answer = (): void => undefined
            const isBack = new Promise<void>((resolve) => {
              answer = resolve
            })
            const target = yield* receiver(async () => {
              await isBack
              return { status: 200 }
            })
            const world = yield* makeWorld({
              REDIS_URL: redis.url,
              PROJECTIONS_URL: redis.url,
              DELIVER_TARGET_CONCURRENCY: "4"
            })
            yield* world.start
            yield* world.store.add(
              Array.from({ length: 20 }, (_, i) =>
                delivery(`r${i}`, target.target, [{ call: { url: target.url } }])
              )
            )
            yield* Effect.promise(() => eventually("four are called", () => target.calls.length === 4))
            yield* Effect.promise(() => redis.kill())
            // They are answered while nobody can record it.
            answer()
            yield* Effect.promise(() => redis.start())
            yield* Effect.promise(() =>
              eventually(
                "all are delivered",
                async () => (await run(lineOf(world)))?.delivered === 20,
                40_000
              )
            )
            expect(new Set(target.calls.map(({ headers }) => headers["webhook-id"])).size).toBe(20)
            const records = (yield* world.store.calls({}, 100)).map(recorded)
            expect(records.filter(({ attempt }) => attempt !== 1)).toEqual([])
          })
        )
      )
    } finally {
      await redis.remove()
    }
  },
  60_000
)

test.skipIf(denoProgram() === undefined)("a deliverer on Deno makes calls", () =>
  run(
    Effect.scoped(
      Effect.gen(function* () {
        const target = yield* receiver(() => ({ status: 200, body: "{}" }))
        const world = yield* makeWorld()
        yield* Effect.acquireRelease(
          Effect.promise(() => startSpoor(["deliverer"], { ...ownSettings(), ...world.env }, "deno")),
          ({ end }) => Effect.promise(() => end("SIGKILL"))
        )
        yield* world.store.add([
          delivery("r", target.target, [{ call: { url: `${target.url}/`, body: "x" } }])
        ])
        yield* Effect.promise(() =>
          eventually("it is delivered", async () => (await run(lineOf(world)))?.delivered === 1)
        )
        expect(target.calls).toMatchObject([{ method: "POST", body: "x" }])
      })
    )
  )
)
