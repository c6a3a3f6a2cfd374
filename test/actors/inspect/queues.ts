/** Queues with dead letters, private to a test: on Redis and in files, with letters of other programs too. */
import { describe } from "bun:test"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { redisQueue } from "../../../bridge/ingest-queue/redis/queue.ts"
import type { ClaimedBatch, IngestQueue, QueueSource } from "../../../bridge/ingest-queue/service.ts"
import { sqliteQueue } from "../../../bridge/ingest-queue/sqlite/queue.ts"
import { connect } from "../../../bridge/redis/connection.ts"
import { openFile } from "../../../bridge/sqlite/database.ts"
import type { DeadLetter } from "../../../contracts/dead-letter.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { eventId, newClaimId, type Topic } from "../../../contracts/ids.ts"
import { redisServer, secretUrl } from "../../support/redis.ts"
import { serverUrl } from "../../support/server.ts"

export interface OwnQueue {
  readonly push: IngestQueue["Service"]["push"]
  readonly source: QueueSource
  /** Adds a text to the dead-letter list, as another program would. */
  readonly foreign: (text: string) => Effect.Effect<unknown, unknown>
}

export type OpenOwn = Effect.Effect<OwnQueue, unknown, Scope.Scope>

const inFile: OpenOwn = Effect.gen(function* () {
  const directory = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "spoor-letters-"))),
    (made) => Effect.promise(() => rm(made, { recursive: true }))
  )
  const queue = yield* sqliteQueue(directory)
  const file = yield* openFile(directory, "queue.sqlite", "")
  return owned(queue, (text) =>
    file.transaction((database) => database.prepare("INSERT INTO dead_letters (letter) VALUES (?)").run(text))
  )
})

const onRedis = (url: string): OpenOwn =>
  Effect.gen(function* () {
    const queueKey = `letters-test:${crypto.randomUUID()}`
    const deadLetterKey = `{${queueKey}}:invalid`
    const redis = yield* connect(secretUrl(url))
    const queue = yield* redisQueue({ urls: [secretUrl(url)], queueKey, deadLetterKey })
    return owned(queue, (text) => redis.command("RPUSH", deadLetterKey, text))
  })

const owned = (
  { push, sources: [source] }: IngestQueue["Service"],
  foreign: OwnQueue["foreign"]
): OwnQueue => {
  if (source === undefined) throw new Error("The queue has no source.")
  return { push, source, foreign }
}

/** Declares the suite on Redis and in files. Await it at the top of a test file. */
export const onOwnQueues = async (suite: (open: OpenOwn) => void): Promise<void> => {
  const url = await serverUrl(redisServer)
  describe.skipIf(url === undefined)("on Redis", () => suite(onRedis(url ?? "")))
  describe("in a file", () => suite(inFile))
}

/** Claims all waiting lines as one batch. */
export const claimAll = Effect.fnUntraced(function* (
  source: QueueSource
): Effect.fn.Return<ClaimedBatch, unknown> {
  const batch = yield* source.claim(newClaimId(), { maxEvents: 5_000, maxBytes: 1e8, lease: 3_600_000 })
  return batch ?? (yield* Effect.fail("There was nothing to claim."))
})

/** Pushes the lines and dead-letters all of them at `last`; returns their letters. */
export const bury = Effect.fnUntraced(function* (
  { push, source }: OwnQueue,
  lines: ReadonlyArray<string>,
  some: Partial<DeadLetter> = {}
) {
  yield* push(lines as ReadonlyArray<ByteString>)
  return yield* deadLetter(yield* claimAll(source), some)
})

/** Dead-letters the whole batch. */
export const deadLetter = Effect.fnUntraced(function* (batch: ClaimedBatch, some: Partial<DeadLetter> = {}) {
  const topic = "events" as Topic
  const letters = batch.lines.map(
    (line, i): DeadLetter => ({
      v: 1,
      id: eventId(batch.id, i),
      reason: "no path",
      stage: "drainer",
      topic,
      attempts: 1,
      first: batch.claimed,
      last: batch.claimed,
      line: Buffer.from(line, "latin1"),
      ...some
    })
  )
  const { length } = letters
  yield* batch.deadLetter(letters, [
    { topic: some.topic ?? topic, received: length, stored: 0, dead: length }
  ])
  return letters
})
