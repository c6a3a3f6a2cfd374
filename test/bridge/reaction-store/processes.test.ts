/** Several processes on one store of reactions: of their commits of the same version one is done, and none is lost. */
import { afterAll, describe, expect, test } from "bun:test"
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { Effect, Logger, type Scope } from "effect"
import { redisReactionStore } from "../../../bridge/reaction-store/redis/store.ts"
import { sqliteReactionStore } from "../../../bridge/reaction-store/sqlite/store.ts"
import { hasRedisProgram, type OwnRedis, secretUrl, startRedis } from "../../support/redis.ts"
import { at, hour, line, load, records, type Store } from "./check.ts"

const count = 60

/** Runs two processes on the store; then counts in `store`. */
const race = async (
  where: string,
  check: (body: (store: Store) => Effect.Effect<void, unknown>) => Promise<void>
) => {
  const worker = join(import.meta.dirname, "reaction-worker.ts")
  const outputs = await Promise.all(
    ["a", "b"].map((name) => promisify(execFile)(process.execPath, [worker, where, name, String(count)]))
  )
  const said = outputs.flatMap(({ stdout }) => stdout.split("\n").filter((text) => text !== ""))
  const committed = said.filter((text) => text.startsWith("committed "))
  expect(committed.map((text) => Number(text.slice(10))).toSorted((one, other) => one - other)).toEqual(
    Array.from({ length: count }, (_, offset) => offset)
  )
  const delivered = said.filter((text) => text.startsWith("delivered "))
  expect(delivered.length).toBe(new Set(delivered).size)
  expect(delivered.length).toBeGreaterThan(0)
  await check((store) =>
    Effect.gen(function* () {
      const ledger = yield* line(store)
      expect(ledger).toEqual({
        ...{ matched: count, delivered: delivered.length },
        ...(delivered.length === count ? {} : { waiting: count - delivered.length })
      })
      expect((yield* load(store, records([count - 1]), at)).version).toBe(count)
    })
  )
}

const using =
  (open: Effect.Effect<Store, unknown, Scope.Scope>) =>
  (body: (store: Store) => Effect.Effect<void, unknown>): Promise<void> =>
    Effect.flatMap(open, body).pipe(Effect.scoped, Effect.provide(Logger.layer([])), Effect.runPromise)

describe("two processes commit and claim in a race", () => {
  test("in a file", async () => {
    const directory = mkdtempSync(join(tmpdir(), "spoor-reactions-"))
    await race(directory, using(sqliteReactionStore(directory, hour)))
    rmSync(directory, { recursive: true })
  }, 60_000)

  describe.skipIf(!hasRedisProgram())("on a server", () => {
    let redis: OwnRedis | undefined
    afterAll(async () => redis?.stop())
    test("on Redis", async () => {
      redis = await startRedis()
      const url = redis?.url ?? ""
      await race(url, using(redisReactionStore(secretUrl(url), hour)))
    }, 60_000)
  })
})
