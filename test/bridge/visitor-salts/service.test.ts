/** The salts of visitor ids on Redis and in a file, against the same contract. */
import { describe, expect, test } from "bun:test"
import { mkdtempSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Clock, Effect, type Scope } from "effect"
import { Redis } from "ioredis"
import { redisSalts } from "../../../bridge/visitor-salts/redis.ts"
import { endOfSalt, type VisitorSalts } from "../../../bridge/visitor-salts/service.ts"
import { sqliteSalts } from "../../../bridge/visitor-salts/sqlite.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { secretUrl, startRedis } from "../../support/redis.ts"

/** Two gateways with the same store. */
type Two = Effect.Effect<readonly [VisitorSalts["Service"], VisitorSalts["Service"]], Failure, Scope.Scope>

const today = Math.floor(Date.now() / 86_400_000)

const contract = (two: Two): void => {
  const run = (
    work: (one: VisitorSalts["Service"], other: VisitorSalts["Service"]) => Effect.Effect<void, Failure>
  ) => Effect.runPromise(Effect.scoped(Effect.flatMap(two, ([one, other]) => work(one, other))))

  test("all gateways get the salt of the first, a different one each day", () =>
    run((one, other) =>
      Effect.gen(function* () {
        expect(yield* one.agree(today + 1, "mine")).toBe("mine")
        expect(yield* other.agree(today + 1, "yours")).toBe("mine")
        expect(yield* one.agree(today + 1, "again")).toBe("mine")
        expect(yield* other.agree(today + 2, "yours")).toBe("yours")
        const both = yield* Effect.all([one.agree(today + 3, "a"), other.agree(today + 3, "b")], {
          concurrency: 2
        })
        expect(new Set(both).size).toBe(1)
      })
    ))

  test("an expired salt is not stored", () =>
    run((one) =>
      Effect.gen(function* () {
        const failure = yield* Effect.orDie(Effect.flip(one.agree(today - 2, "mine")))
        expect(failure.reason).toBe("unavailable")
      })
    ))
}

const server = await startRedis()
describe.skipIf(server === undefined)("on Redis", () => {
  const url = server?.url ?? ""
  contract(Effect.all([redisSalts(secretUrl(url)), redisSalts(secretUrl(url))]))

  test("a salt expires two hours after its day", async () => {
    const redis = new Redis(url)
    await Effect.runPromise(
      Effect.scoped(Effect.flatMap(redisSalts(secretUrl(url)), (salts) => salts.agree(today, "x")))
    )
    expect(Number(await redis.call("PEXPIRETIME", `{spoor:visitor}:salt:${today}`))).toBe(endOfSalt(today))
    redis.disconnect()
    await server?.stop()
  })
})

describe("in a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "spoor-salts-"))
  contract(Effect.all([sqliteSalts(folder), sqliteSalts(folder)]))

  test("a deleted salt cannot be read from the file", async () => {
    const own = mkdtempSync(join(tmpdir(), "spoor-salts-"))
    const salts = sqliteSalts(own)
    const later = { currentTimeMillis: Effect.succeed(endOfSalt(today)) }
    const file = (): string => readFileSync(join(own, "visitors.sqlite"), "latin1")
    await Effect.runPromise(Effect.scoped(Effect.flatMap(salts, ({ agree }) => agree(today, "unmistakable"))))
    expect(file()).toContain("unmistakable")
    await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const real = yield* Clock.Clock
          const clock = Object.assign(Object.create(real), later)
          const { agree } = yield* salts
          // Nothing is written in its place, which would overwrite it anyway.
          yield* Effect.flip(Effect.provideService(agree(today, "next"), Clock.Clock, clock))
        })
      )
    )
    expect(file()).not.toContain("unmistakable")
  })
})
