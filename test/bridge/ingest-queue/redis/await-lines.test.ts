/** Waiting for lines on a Redis that does not allow it: the wait is a pause, as between two polls. */
import { afterAll, describe, test } from "bun:test"
import { Effect } from "effect"
import { redisAwaitLines } from "../../../../bridge/ingest-queue/redis/await-lines.ts"
import { hasRedisProgram, secretUrl, startRedis } from "../../../support/redis.ts"

const hourMs = 3_600_000

describe.skipIf(!hasRedisProgram())("a Redis without BLMOVE", async () => {
  const server = await startRedis(["--rename-command", "BLMOVE", ""])
  afterAll(() => server?.stop())

  test("the wait ends, so that the drainer asks for lines", async () => {
    const wait = Effect.gen(function* () {
      const awaitLines = yield* redisAwaitLines(secretUrl(server?.url ?? ""), "queue")
      yield* awaitLines(hourMs)
      yield* awaitLines(hourMs)
    })
    await Effect.runPromise(Effect.scoped(wait))
  })
})
