/** The command `queue`: it finds a damaged file and saves the readable rows into a new one, which the actors can use. */
import { afterAll, describe, expect, test } from "bun:test"
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Effect, Logger } from "effect"
import { makeSqlite } from "../../../bridge/event-log/sqlite/log.ts"
import { sqliteQueue } from "../../../bridge/ingest-queue/sqlite/queue.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { newClaimId, type Topic } from "../../../contracts/ids.ts"
import { denoProgram } from "../../support/deno.ts"
import { spoil } from "../../support/spoil.ts"
import { command, type Runtime } from "./command.ts"

const made: Array<string> = []
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
})

const total = 3_000
const claimedLines = 100
const lineOf = (i: number) => `line ${i} ${"x".repeat(200)}` as ByteString
const quiet = Effect.provide(Logger.layer([]))

/** A folder with a queue of 3,000 lines, of which 100 are claimed, and a log of 500 events. */
const filled = async (): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), "spoor-repair-"))
  made.push(folder)
  const topic = "events" as Topic
  await Effect.runPromise(
    Effect.gen(function* () {
      const queue = yield* sqliteQueue(folder)
      yield* queue.push(Array.from({ length: total }, (_, i) => lineOf(i)))
      yield* queue.sources[0]?.claim(newClaimId(), {
        maxEvents: claimedLines,
        maxBytes: 1_000_000,
        lease: 1
      }) ?? Effect.void
      const log = yield* makeSqlite(folder)
      yield* log.ensureTopics([topic])
      const values = Array.from({ length: 500 }, (_, i) => Buffer.from(lineOf(i)))
      yield* log.append(
        values.map((value) => ({ topic, value, headers: {} })),
        "x"
      )
    }).pipe(Effect.scoped, quiet)
  )
  return folder
}

/** All lines that can still be drained, in their order. */
const drained = (folder: string): Promise<ReadonlyArray<string>> =>
  Effect.runPromise(
    Effect.gen(function* () {
      const queue = yield* sqliteQueue(folder)
      const [source] = queue.sources
      const lines: Array<string> = []
      while (source !== undefined) {
        const depth = yield* source.depth
        const batch = yield* source.claim(newClaimId(), {
          maxEvents: 1_000,
          maxBytes: 10_000_000,
          lease: 60_000
        })
        if (batch === undefined) {
          expect(depth.waiting).toBe(0)
          break
        }
        lines.push(...batch.lines)
        yield* batch.ack([])
      }
      return lines
    }).pipe(Effect.scoped, quiet)
  )

const numbers = (lines: ReadonlyArray<string>): ReadonlyArray<number> =>
  lines.map((line) => {
    const number = Number(/^line (\d+) x{200}$/.exec(line)?.[1])
    expect(Number.isInteger(number)).toBe(true)
    return number
  })

/** The minimum number of the 3,000 lines that must be saved; a page holds 18. */
const least: Readonly<Record<keyof typeof spoil, number>> = {
  "a page in the middle": total - 40,
  "several pages full of something else": total - 120,
  "the last third": total / 2,
  "the first page": total
}

describe("queue repair", () => {
  for (const [what, harm] of Object.entries(spoil)) {
    test(`saves the readable rows: ${what}`, async () => {
      const folder = await filled()
      const path = join(folder, "queue.sqlite")
      harm(path)

      const checked = await command({ DATA_DIR: folder }, "queue", ["check"])
      expect(checked.code).toBe(1)
      expect(checked.out).toContain(`${path}: DAMAGED: `)
      expect(checked.out).toContain(`${join(folder, "log.sqlite")}: not damaged`)

      const repaired = await command({ DATA_DIR: folder }, "queue", ["repair"])
      expect(repaired.err).toBe("")
      expect(repaired.code).toBe(0)
      const kept = readdirSync(folder).find((name) => /^queue\.sqlite\.damaged-\d{8}T\d{6}Z$/.test(name))
      expect(kept).toBeDefined()
      expect(repaired.out).toContain(`kept as ${join(folder, kept ?? "")}.`)
      expect(repaired.out).toContain(`${join(folder, "log.sqlite")}: not damaged, left as it is`)
      expect(statSync(path).mode & 0o777).toBe(0o600)
      expect(readdirSync(folder).filter((name) => /-repair/.test(name))).toEqual([])

      const again = await command({ DATA_DIR: folder }, "queue", ["check", "queue"])
      expect([again.code, again.out.trim()]).toEqual([0, `${path}: not damaged`])
      const saved = numbers(await drained(folder))
      const known = new Set(saved)
      expect(known.size).toBe(saved.length)
      expect(saved.length).toBeGreaterThanOrEqual(least[what as keyof typeof spoil])
      // A batch that was claimed comes before or behind what waits; each is in its order.
      const waiting = saved.filter((number) => number >= claimedLines)
      expect(waiting).toEqual(waiting.toSorted((a, b) => a - b))
    })
  }

  test("a log that lost records never gives an offset twice", async () => {
    const folder = await filled()
    const path = join(folder, "log.sqlite")
    const before = new DatabaseSync(path)
    before.exec("DELETE FROM topic; PRAGMA wal_checkpoint(TRUNCATE)")
    before.close()
    spoil["a page in the middle"](path)
    const { code, out } = await command({ DATA_DIR: folder }, "queue", ["repair", "log.sqlite"])
    expect(code).toBe(0)
    expect(out).toContain("others could not be read and are lost")
    const after = new DatabaseSync(path)
    const next = after.prepare("SELECT next FROM topic WHERE name = 'events'").get()?.next
    const records = Number(after.prepare("SELECT count(*) AS count FROM record").get()?.count)
    after.close()
    expect(next).toBe(500)
    expect(records).toBeGreaterThan(450)
    expect(records).toBeLessThan(500)
  })

  test("a file in use, or without damage, stays unchanged", async () => {
    const folder = await filled()
    await Effect.runPromise(
      Effect.gen(function* () {
        yield* sqliteQueue(folder)
        const { code, err } = yield* Effect.promise(() =>
          command({ DATA_DIR: folder }, "queue", ["repair", "queue", "--force"])
        )
        expect(code).toBe(1)
        expect(err).toContain("stop the actors")
      }).pipe(Effect.scoped, quiet)
    )
    const untouched = await command({ DATA_DIR: folder }, "queue", ["repair", "queue"])
    expect(untouched.code).toBe(0)
    expect(untouched.out).toContain("not damaged, left as it is")
    expect(readdirSync(folder).some((name) => name.includes("damaged"))).toBe(false)
    const forced = await command({ DATA_DIR: folder }, "queue", ["repair", "queue", "--force"])
    expect(forced.code).toBe(0)
    expect(forced.out).toContain(`lines: ${total - claimedLines} rows saved\n`)
    expect((await drained(folder)).length).toBe(total)
  })

  test("an invalid command line, or a missing folder", async () => {
    const nowhere = join(tmpdir(), "spoor-nowhere", crypto.randomUUID())
    const missing = await command({ DATA_DIR: nowhere }, "queue", ["check"])
    expect(missing.code).toBe(1)
    expect(missing.err).toContain(nowhere)
    expect(existsSync(nowhere)).toBe(false)
    for (const [args, sentence] of [
      [[], "queue needs a subcommand: check, repair"],
      [["mend"], 'queue has no subcommand "mend"; it has check, repair'],
      [["check", "--force"], "queue check has no flag --force"],
      [["repair", "letters"], '<file> cannot be "letters"; write "queue" |']
    ] as const) {
      const { code, err } = await command({ DATA_DIR: nowhere }, "queue", args)
      expect(code).toBe(64)
      expect(err).toContain(sentence)
    }
  })

  test.skipIf(denoProgram() === undefined)("on Deno too", async () => {
    const folder = await filled()
    spoil["a page in the middle"](join(folder, "queue.sqlite"))
    const runtime: Runtime = "deno"
    expect((await command({ DATA_DIR: folder }, "queue", ["repair"], runtime)).code).toBe(0)
    expect((await command({ DATA_DIR: folder }, "queue", ["check"], runtime)).code).toBe(0)
  })
})
