/** An ingest queue of a test's own, of each implementation, opened twice as two processes would. */
import { afterAll, describe } from "bun:test"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { redisQueue } from "../../bridge/ingest-queue/redis.ts"
import type { IngestQueue, QueueSource } from "../../bridge/ingest-queue/service.ts"
import { sqliteQueue } from "../../bridge/ingest-queue/sqlite.ts"
import { connect } from "../../bridge/redis.ts"
import { openFile } from "../../bridge/sqlite.ts"
import { hasRedisProgram, redisServer, secretUrl } from "./redis.ts"
import { startRedisCluster } from "./redis-cluster.ts"
import { type Running, serverUrl } from "./server.ts"

export interface TestQueue {
  readonly push: IngestQueue["Service"]["push"]
  readonly source: QueueSource
  readonly other: QueueSource
  /** The texts in the dead-letter list. */
  readonly letters: Effect.Effect<ReadonlyArray<string>, unknown>
}

export type OpenQueue = Effect.Effect<TestQueue, unknown, Scope.Scope>

/** Keys of its own on the server that `url` tells. */
const queueOnRedis = (url: Effect.Effect<string>): OpenQueue =>
  Effect.gen(function* () {
    const queueKey = `queue-test:${crypto.randomUUID()}`
    const deadLetterKey = `{${queueKey}}:invalid`
    const address = secretUrl(yield* url)
    const settings = { urls: [address], queueKey, deadLetterKey }
    const redis = yield* connect(address)
    const letters = Effect.map(redis.command("LRANGE", deadLetterKey, 0, -1), (texts) =>
      Array.isArray(texts) ? texts.map(String) : []
    )
    return yield* twice(yield* redisQueue(settings), yield* redisQueue(settings), letters)
  })

/** A file of its own. */
const queueInFile: OpenQueue = Effect.gen(function* () {
  const directory = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "spoor-queue-"))),
    (made) => Effect.promise(() => rm(made, { recursive: true }))
  )
  const [one, two] = [yield* sqliteQueue(directory), yield* sqliteQueue(directory)]
  const file = yield* openFile(directory, "queue.sqlite", "")
  const letters = file.read((database) =>
    database
      .prepare("SELECT letter FROM dead_letters ORDER BY place")
      .all()
      .map((row) => String(row.letter))
  )
  return yield* twice(one, two, letters)
})

const twice = (
  one: IngestQueue["Service"],
  two: IngestQueue["Service"],
  letters: TestQueue["letters"]
): Effect.Effect<TestQueue> => {
  const [source, other] = [one.sources[0], two.sources[0]]
  if (source === undefined || other === undefined) return Effect.die("The queue has no source.")
  return Effect.succeed({ push: one.push, source, other, letters })
}

/** Declares the suite for every implementation: Redis, Redis Cluster and the file. Await it at the top of a test file. */
export const onEveryQueue = async (suite: (open: OpenQueue) => void): Promise<void> => {
  const url = await serverUrl(redisServer)
  describe.skipIf(url === undefined)("on Redis", () => suite(queueOnRedis(Effect.succeed(url ?? ""))))

  describe.skipIf(!hasRedisProgram())("on Redis Cluster", () => {
    let cluster: Promise<Running | undefined> | undefined
    afterAll(async () => (await cluster)?.stop())
    const address = Effect.promise(async () => {
      cluster ??= startRedisCluster()
      return (await cluster)?.url ?? ""
    })
    suite(queueOnRedis(address))
  })

  describe("in a file", () => suite(queueInFile))
}
