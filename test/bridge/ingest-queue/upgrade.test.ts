/**
 * A queue of an older version is drained by this one: batches that wait, are claimed, released or split, dead letters
 * and the ledger. The data (ingest-queue/version-0.1.0.json) was written by version 0.1.0, which gave
 * a batch the id of its claim.
 */
import { describe, expect, test } from "bun:test"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Effect } from "effect"
import { redisQueue } from "../../../bridge/ingest-queue/redis/queue.ts"
import type { QueueSource } from "../../../bridge/ingest-queue/service.ts"
import { sqliteQueue } from "../../../bridge/ingest-queue/sqlite/queue.ts"
import { connect } from "../../../bridge/redis/connection.ts"
import { newClaimId } from "../../../contracts/ids.ts"
import { hasRedisProgram, secretUrl, startRedis } from "../../support/redis.ts"
import { booksOf, counts, hour, placed, run } from "./batches.ts"

type Value = string | number | null | { readonly hex: string }

const old = JSON.parse(readFileSync(join(import.meta.dirname, "version-0.1.0.json"), "utf8")) as {
  readonly held: { readonly redis: string; readonly sqlite: string }
  readonly redis: ReadonlyArray<readonly [string, ...ReadonlyArray<string>]>
  readonly sqlite: { readonly schema: ReadonlyArray<string> } & Record<
    "lines" | "batches" | "ledger" | "dead_letters",
    ReadonlyArray<Record<string, Value>>
  >
}

/** Ten of its fourteen lines are open: 4 to 13. */
const openLines = Array.from(
  { length: 10 },
  (_, i) => `203.0.113.9 1795206900000 trk.example.com nopod /t/app_open n=${i + 4} curl/8`
)

const isDrained = async (source: QueueSource, held: string): Promise<void> => {
  expect(await booksOf(source)).toMatchObject({ taken: 10, waiting: 4, inFlight: 6, deadLetters: 1 })
  const lines: Array<string> = []
  const ids = new Map<string, number>()
  for (;;) {
    const batch = await run(source.claim(newClaimId(), hour))
    if (batch === undefined) break
    for (const [i, line] of batch.lines.entries()) {
      const id = `${batch.id}-${batch.first + i}`
      expect(ids.has(id)).toBe(false)
      ids.set(id, lines.push(line))
    }
    expect(await run(batch.ack(counts(batch), placed(batch)))).toBe(true)
    expect(await run(batch.ack(counts(batch), placed(batch)))).toBe(false)
  }
  expect(lines.toSorted()).toEqual(openLines.toSorted())
  // An event that the older version may have stored keeps its id, so that consumers count it once.
  expect(ids.has(`${held}-0`) && ids.has(`${held}-1`)).toBe(true)
  const ledger = await booksOf(source)
  expect(ledger).toMatchObject({ taken: 14, waiting: 0, inFlight: 0, deadLetters: 1 })
  expect(ledger.topics).toMatchObject([{ received: 14, stored: 13, dead: 1 }])
}

describe("a queue of version 0.1.0 is drained, each line once:", () => {
  test.skipIf(!hasRedisProgram())("on Redis", () =>
    Effect.gen(function* () {
      const server = yield* Effect.acquireRelease(
        Effect.promise(() => startRedis()),
        (started) => Effect.promise(async () => started?.stop())
      )
      const url = secretUrl(server?.url ?? "")
      const redis = yield* connect(url)
      for (const command of old.redis) yield* redis.command(...command)
      // Their claimers have ended: their leases have expired.
      const leases = yield* redis.command("ZRANGE", "{q}:leases", 0, -1)
      for (const batch of Array.isArray(leases) ? leases.map(String) : [])
        yield* redis.command("ZADD", "{q}:leases", 1, batch)
      const { sources } = yield* redisQueue({ urls: [url], queueKey: "q", deadLetterKey: "{q}:dead" })
      const [source] = sources
      if (source === undefined) return yield* Effect.die("The queue has no source.")
      yield* Effect.promise(() => isDrained(source, old.held.redis))
      expect(String(yield* redis.command("HLEN", "{q}:attempts"))).toBe("0")
    }).pipe(Effect.scoped, Effect.runPromise)
  )

  test("in a file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "spoor-upgrade-"))
    const database = new DatabaseSync(join(folder, "queue.sqlite"))
    for (const statement of old.sqlite.schema) database.exec(statement)
    for (const table of ["lines", "batches", "ledger", "dead_letters"] as const)
      for (const row of old.sqlite[table]) {
        const values = Object.values(row).map((value) =>
          value !== null && typeof value === "object" ? Buffer.from(value.hex, "hex") : value
        )
        database
          .prepare(`INSERT INTO ${table} (${Object.keys(row)}) VALUES (${values.map(() => "?")})`)
          .run(...values)
      }
    database.exec("UPDATE batches SET deadline = 1 WHERE packed IS NOT NULL")
    database.close()
    await Effect.gen(function* () {
      const { sources } = yield* sqliteQueue(folder)
      const [source] = sources
      if (source === undefined) return yield* Effect.die("The queue has no source.")
      yield* Effect.promise(() => isDrained(source, old.held.sqlite))
    }).pipe(Effect.scoped, Effect.runPromise)
    rmSync(folder, { recursive: true })
  })
})
