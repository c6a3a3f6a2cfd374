/** Outages of real servers: killed or frozen, each is one line when it begins and one when it is over, in one process. */
import { describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Effect, Logger, Redacted, type Scope } from "effect"
import { redisQueue } from "../../bridge/ingest-queue/redis/queue.ts"
import { connectNats } from "../../bridge/message-bus/nats/connection.ts"
import { makeProcessOutages, Outages } from "../../bridge/outage.ts"
import { redisRateShare } from "../../bridge/rate-share/redis.ts"
import { openFile } from "../../bridge/sqlite/database.ts"
import type { ByteString } from "../../contracts/event.ts"
import type { Failure } from "../../contracts/failure.ts"
import { newClaimId } from "../../contracts/ids.ts"
import { eventually } from "../support/eventually.ts"
import { canStartNats, privateNats } from "../support/nats.ts"
import { hasRedisProgram, privateRedis, secretUrl } from "../support/redis.ts"

/** Runs the body as a process does, with the lines that it logs above debug. */
const asProcess = async (
  body: (lines: ReadonlyArray<string>) => Effect.Effect<void, Failure, Scope.Scope>
): Promise<void> => {
  const lines: Array<string> = []
  const logger = Logger.make(({ message, logLevel }) => {
    if (logLevel !== "Debug") lines.push([message].flat().map(String).join(" "))
  })
  await Effect.suspend(() => body(lines)).pipe(
    Effect.scoped,
    Effect.provideService(Outages, makeProcessOutages()),
    Effect.provide(Logger.layer([logger])),
    Effect.runPromise
  )
}

/** Repeats the operation, whatever it returns. */
const again = (operation: Effect.Effect<unknown, unknown>) =>
  Effect.forkScoped(Effect.forever(Effect.andThen(Effect.ignore(operation), Effect.sleep("50 millis"))))

interface Server {
  readonly kill: () => Promise<void>
  readonly start: () => Promise<void>
  readonly pause: () => void
  readonly resume: () => void
}

/** Kills and then freezes the server, each until its line is there; the end must be one line as well. */
const twoOutages = (server: Server, name: string, lines: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const has = (count: number) => eventually(`${count} lines`, () => lines.length >= count, 40_000)
    await server.kill()
    await has(1)
    await server.start()
    await has(2)
    server.pause()
    await has(3)
    server.resume()
    await has(4)
    expect(lines).toHaveLength(4)
    for (const [place, line] of lines.entries()) {
      expect(line).toContain(name)
      if (place % 2 === 0) expect(line).not.toContain("again after")
      else expect(line).toMatch(/ works again after \d+ s and \d+ failures?/)
    }
  })

describe.skipIf(!hasRedisProgram())("Redis", () => {
  test.concurrent("a queue that is pushed to and claimed from, and rate limits on the same server", async () => {
    const server = await privateRedis()
    await server.start()
    await asProcess((lines) =>
      Effect.gen(function* () {
        const connection = { commandTimeout: 700 }
        const url = secretUrl(server.url)
        const keys = { queueKey: "queue", deadLetterKey: "{queue}:dead" }
        const queue = yield* redisQueue({ urls: [url], ...keys, connection })
        const share = yield* redisRateShare(url, { ...connection, quiet: true })
        const sharing = share.dependency.outage?.operation({ isSteady: true, meanwhile: "Limits are alone." })
        yield* again(queue.push(["line" as ByteString]))
        for (const { claim } of queue.sources)
          yield* again(claim(newClaimId(), { maxEvents: 1, maxBytes: 1_000, lease: 10_000 }))
        yield* again(
          share.spend("address", [{ name: "a", cost: 1 }]).pipe(
            Effect.tap(() => Effect.sync(() => sharing?.worked())),
            Effect.tapError(({ message }) => Effect.sync(() => sharing?.failed(message)))
          )
        )
        yield* twoOutages(
          { ...server, start: () => server.start() },
          `Redis at 127.0.0.1:${server.port}`,
          lines
        )
        expect(lines[0]).toContain("Limits are alone.")
        expect(lines[2]).toContain("answered with 503")
      })
    )
    await server.remove()
  }, 60_000)
})

describe.skipIf(!canStartNats)("NATS", () => {
  test.concurrent("a connection that is checked", async () => {
    const server = await privateNats()
    await server.start()
    await asProcess((lines) =>
      Effect.gen(function* () {
        const options = { url: Redacted.make(server.url), creds: undefined, inboxPrefix: "_INBOX.test" }
        yield* again((yield* connectNats(options)).check)
        yield* twoOutages(
          { ...server, start: () => server.start() },
          `NATS at 127.0.0.1:${server.port}`,
          lines
        )
        expect(lines[2]).toContain("Batches wait in the queue")
      })
    )
    await server.remove()
  }, 60_000)
})

test.concurrent("a file that another process has locked", async () => {
  const folder = mkdtempSync(join(tmpdir(), "spoor-outage-"))
  await asProcess((lines) =>
    Effect.gen(function* () {
      const file = yield* openFile(folder, "queue.sqlite", "CREATE TABLE IF NOT EXISTS one (n INTEGER)")
      const other = new DatabaseSync(file.address)
      other.exec("BEGIN IMMEDIATE")
      yield* again(file.transaction((database) => database.exec("INSERT INTO one VALUES (1)")))
      yield* Effect.promise(() => eventually("its begin is logged", () => lines.length > 0))
      other.exec("COMMIT")
      other.close()
      yield* Effect.promise(() => eventually("its end is logged", () => lines.length > 1))
      expect(lines).toEqual([
        expect.stringMatching(/^Database .*queue\.sqlite fails: .*locked.* What fails is tried again/),
        expect.stringMatching(/^Database .*queue\.sqlite works again after \d+ s and \d+ failures?/)
      ])
    })
  )
  rmSync(folder, { recursive: true })
}, 60_000)
