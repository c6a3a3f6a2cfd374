/** An ingest queue of a test's own, of each implementation, opened twice as two processes would. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { redisQueue } from "../../bridge/ingest-queue/redis.ts"
import type { IngestQueue, QueueSource } from "../../bridge/ingest-queue/service.ts"
import { sqliteQueue } from "../../bridge/ingest-queue/sqlite.ts"
import { connect } from "../../bridge/redis.ts"
import { openFile } from "../../bridge/sqlite.ts"
import { secretUrl } from "./redis.ts"

export interface TestQueue {
  readonly push: IngestQueue["Service"]["push"]
  readonly source: QueueSource
  readonly other: QueueSource
  /** The texts in the dead-letter list. */
  readonly letters: Effect.Effect<ReadonlyArray<string>, unknown>
}

export type OpenQueue = Effect.Effect<TestQueue, unknown, Scope.Scope>

/** Keys of its own on the server that `url` tells. */
export const queueOnRedis = (url: Effect.Effect<string>): OpenQueue =>
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
export const queueInFile: OpenQueue = Effect.gen(function* () {
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
