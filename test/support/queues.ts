/** An ingest queue of a test's own, of each implementation, opened twice as in two processes. */
import { afterAll, describe } from "bun:test"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { toBuffer } from "../../bridge/ingest-queue/batch-blob.ts"
import { queueKeys } from "../../bridge/ingest-queue/redis/keys.ts"
import { redisQueue } from "../../bridge/ingest-queue/redis/queue.ts"
import type { IngestQueue, QueueSource } from "../../bridge/ingest-queue/service.ts"
import { sqliteQueue } from "../../bridge/ingest-queue/sqlite/queue.ts"
import { connect } from "../../bridge/redis/connection.ts"
import { openFile } from "../../bridge/sqlite/database.ts"
import type { ByteString } from "../../contracts/event.ts"
import { hasRedisProgram, redisServer, secretUrl } from "./redis.ts"
import { startRedisCluster } from "./redis-cluster.ts"
import { type Running, serverUrl } from "./server.ts"

export interface TestQueue {
  readonly push: IngestQueue["Service"]["push"]
  readonly source: QueueSource
  readonly other: QueueSource
  /** The texts in the dead-letter list. */
  readonly letters: Effect.Effect<ReadonlyArray<string>, unknown>
  /** Adds a text that Spoor did not write to the dead-letter list. */
  readonly bury: (text: ByteString) => Effect.Effect<unknown, unknown>
  /** Removes the ledger, as if all events so far had been handled by a version without a ledger. */
  readonly dropLedger: Effect.Effect<unknown, unknown>
  /** Makes all replays older than their retention. */
  readonly ageReplays: Effect.Effect<unknown, unknown>
  /** Opens the queue once more, as in a process that starts now. */
  readonly again: Effect.Effect<QueueSource, unknown, Scope.Scope>
}

export type OpenQueue = Effect.Effect<TestQueue, unknown, Scope.Scope>

/** A queue with keys of its own on the server at `url`. */
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
    const { ledger, replays } = queueKeys(queueKey, deadLetterKey)
    return yield* twice(redisQueue(settings), {
      letters,
      bury: (text) => redis.command("RPUSH", deadLetterKey, toBuffer(text)),
      dropLedger: redis.command("DEL", ledger),
      ageReplays: Effect.flatMap(redis.command("ZRANGE", replays, 0, -1), (members) =>
        Effect.forEach(Array.isArray(members) ? members.map(String) : [], (member) =>
          redis.command("ZADD", replays, 1, member)
        )
      )
    })
  })

/** A queue in a file of its own. */
const queueInFile: OpenQueue = Effect.gen(function* () {
  const directory = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "spoor-queue-"))),
    (made) => Effect.promise(() => rm(made, { recursive: true }))
  )
  yield* sqliteQueue(directory)
  const file = yield* openFile(directory, "queue.sqlite", "")
  const letters = file.read((database) =>
    database
      .prepare("SELECT letter FROM dead_letters ORDER BY place")
      .all()
      .map((row) => String(row.letter))
  )
  return yield* twice(sqliteQueue(directory), {
    letters,
    bury: (text) =>
      file.transaction((database) =>
        database.prepare("INSERT INTO dead_letters (letter) VALUES (?)").run(toBuffer(text))
      ),
    dropLedger: file.transaction((database) => database.exec("DELETE FROM ledger")),
    ageReplays: file.transaction((database) => database.exec("UPDATE replays SET at = 1"))
  })
})

const twice = (
  open: Effect.Effect<IngestQueue["Service"], unknown, Scope.Scope>,
  accessors: Pick<TestQueue, "letters" | "bury" | "dropLedger" | "ageReplays">
): OpenQueue =>
  Effect.gen(function* () {
    const one = yield* open
    const again = Effect.flatMap(open, (queue) =>
      queue.sources[0] === undefined
        ? Effect.die("The queue has no source.")
        : Effect.succeed(queue.sources[0])
    )
    const source = one.sources[0] ?? (yield* again)
    return { push: one.push, source, other: yield* again, again, ...accessors }
  })

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
