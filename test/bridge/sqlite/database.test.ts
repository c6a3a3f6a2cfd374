/** The database files of DATA_DIR: permissions, and the errors for damage, deletion and a full disk. */
import { afterAll, describe, expect, test } from "bun:test"
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Logger, type Scope } from "effect"
import { makeSqlite } from "../../../bridge/event-log/sqlite/log.ts"
import type { IngestQueue } from "../../../bridge/ingest-queue/service.ts"
import { sqliteQueue } from "../../../bridge/ingest-queue/sqlite/queue.ts"
import { sqliteProjections } from "../../../bridge/projection-store/sqlite.ts"
import { wholeCheckBytes } from "../../../bridge/sqlite/check.ts"
import { openFile } from "../../../bridge/sqlite/database.ts"
import type { ByteString } from "../../../contracts/event.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { newClaimId, type Topic } from "../../../contracts/ids.ts"
import { spoil } from "../../support/spoil.ts"

const made: Array<string> = []
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
})
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "spoor-sqlite-"))
  made.push(folder)
  return folder
}

/** Runs the effect; returns its result and its log lines. */
const run = async <A>(
  effect: Effect.Effect<A, Failure, Scope.Scope>
): Promise<{ readonly value: A; readonly lines: ReadonlyArray<string> }> => {
  const lines: Array<string> = []
  const logger = Logger.make(({ message }) => void lines.push([message].flat().map(String).join(" ")))
  const value = await Effect.runPromise(effect.pipe(Effect.scoped, Effect.provide(Logger.layer([logger]))))
  return { value, lines }
}

const lines = (count: number): ReadonlyArray<ByteString> =>
  Array.from({ length: count }, (_, i) => `line ${i} ${"x".repeat(200)}` as ByteString)

const pushed = (directory: string, count: number) =>
  run(Effect.flatMap(sqliteQueue(directory), (queue) => queue.push(lines(count))))

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

const schema = "CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY, b TEXT)"

describe("permissions", () => {
  test("a created folder, its files and their write-ahead logs are readable for this user only", async () => {
    const folder = join(newFolder(), "made", "for it")
    await run(
      Effect.gen(function* () {
        const file = yield* openFile(folder, "queue.sqlite", schema)
        yield* file.transaction((database) => database.exec("INSERT INTO t (b) VALUES ('x')"))
        expect(modeOf(folder)).toBe("700")
        for (const end of ["", "-wal", "-shm"]) expect(modeOf(`${file.address}${end}`)).toBe("600")
      })
    )
  })

  test("open permissions of an earlier version are removed", async () => {
    const folder = newFolder()
    await run(
      Effect.gen(function* () {
        const earlier = yield* openFile(folder, "queue.sqlite", schema)
        yield* earlier.transaction((database) => database.exec("INSERT INTO t (b) VALUES ('x')"))
        chmodSync(folder, 0o755)
        for (const end of ["", "-wal", "-shm"]) chmodSync(`${earlier.address}${end}`, 0o644)
        yield* openFile(folder, "queue.sqlite", schema)
        expect(modeOf(folder)).toBe("700")
        for (const end of ["", "-wal", "-shm"]) expect(modeOf(`${earlier.address}${end}`)).toBe("600")
      })
    )
  })

  test("a folder with other files stays unchanged; only the database file is closed to others", async () => {
    const folder = newFolder()
    chmodSync(folder, 0o755)
    writeFileSync(join(folder, "notes.txt"), "", { mode: 0o644 })
    await run(openFile(folder, "queue.sqlite", schema))
    expect(modeOf(folder)).toBe("755")
    expect(modeOf(join(folder, "notes.txt"))).toBe("644")
    expect(modeOf(join(folder, "queue.sqlite"))).toBe("600")
  })
})

describe("a damaged file", () => {
  const failing = (directory: string): Promise<Failure> =>
    Effect.runPromise(Effect.flip(Effect.scoped(sqliteQueue(directory))))

  for (const [what, harm] of Object.entries(spoil)) {
    test(`${what}: the start names the file and the command`, async () => {
      const folder = newFolder()
      await pushed(folder, 2_000)
      harm(join(folder, "queue.sqlite"))
      const failure = await failing(folder)
      expect(failure.reason).toBe("unavailable")
      expect(failure.message).toContain(`The database ${join(folder, "queue.sqlite")} is damaged: `)
      expect(failure.message).toContain("bun run queue repair")
      expect(failure.message).not.toContain("DATA_DIR")
      expect(failure.message).not.toContain("\n")
    })
  }

  test("of a large file only both ends of each table are checked", async () => {
    const folder = newFolder()
    await pushed(folder, 2_000)
    const path = join(folder, "queue.sqlite")
    spoil["a page in the middle"](path)
    truncateSync(path, wholeCheckBytes + 4096)
    await run(sqliteQueue(folder))
    spoil["the first page"](path)
    expect((await failing(folder)).message).toContain("is damaged")
  })

  test("other errors are not reported as damage", async () => {
    const folder = newFolder()
    mkdirSync(join(folder, "queue.sqlite"))
    const failure = await failing(folder)
    expect(failure.message).toContain("DATA_DIR")
    expect(failure.message).not.toContain("damaged")
  })
})

describe("a deleted file", () => {
  const topic = "events" as Topic
  const filled = async (): Promise<string> => {
    const folder = newFolder()
    await run(
      Effect.gen(function* () {
        const queue = yield* sqliteQueue(folder)
        yield* queue.push(lines(3))
        const batch = yield* (queue.sources[0] as IngestQueue["Service"]["sources"][number]).claim(
          newClaimId(),
          { maxEvents: 10, maxBytes: 10_000, lease: 60_000 }
        )
        const log = yield* makeSqlite(folder)
        yield* log.ensureTopics([topic])
        yield* log.append(
          lines(3).map((line) => ({ topic, value: Buffer.from(line), headers: {} })),
          "x"
        )
        yield* batch?.ack([{ topic, received: 3, stored: 3, dead: 0 }]) ?? Effect.void
      })
    )
    return folder
  }

  test("an empty queue beside a log with events is reported until it is used", async () => {
    for (const empty of [rmSync, (path: string) => truncateSync(path)]) {
      const folder = await filled()
      expect((await run(sqliteQueue(folder))).lines).toEqual([])
      empty(join(folder, "queue.sqlite"))
      const { lines: said } = await run(sqliteQueue(folder))
      expect(said.length).toBe(1)
      expect(said[0]).toContain("3 events")
      expect(said[0]).toContain("deleted or emptied")
      await pushed(folder, 1)
      expect((await run(sqliteQueue(folder))).lines).toEqual([])
    }
  })

  test("an empty log beside a queue or counters with events is reported", async () => {
    const folder = await filled()
    expect((await run(makeSqlite(folder))).lines).toEqual([])
    rmSync(join(folder, "log.sqlite"))
    const { lines: said } = await run(makeSqlite(folder))
    expect(said.length).toBe(1)
    expect(said[0]).toContain("3 events")

    const other = newFolder()
    await run(
      Effect.flatMap(sqliteProjections(other, { horizon: 3_600_000, maxKeys: 10 }), () => Effect.void)
    )
    expect((await run(makeSqlite(other))).lines).toEqual([])
    await run(
      Effect.flatMap(openFile(other, "projections.sqlite", ""), (file) =>
        file.transaction((database) => database.exec("INSERT INTO offsets VALUES ('p', 'events 0', '5')"))
      )
    )
    rmSync(join(other, "log.sqlite"))
    const counted = await run(makeSqlite(other))
    expect(counted.lines.length).toBe(1)
    expect(counted.lines[0]).toContain("projections.sqlite")
  })

  test("a first start logs no warning", async () => {
    const folder = newFolder()
    const said = await run(Effect.all([sqliteQueue(folder), makeSqlite(folder)]))
    expect(said.lines).toEqual([])
  })

  test("deleted or replaced while in use: no write is acknowledged, and readiness reports the reason", async () => {
    const replace = (path: string): void => {
      rmSync(path)
      writeFileSync(path, "")
    }
    for (const harm of [rmSync, replace]) {
      const folder = newFolder()
      await run(
        Effect.gen(function* () {
          const queue = yield* sqliteQueue(folder)
          yield* queue.push(lines(1))
          harm(join(folder, "queue.sqlite"))
          const check = queue.sources[0]?.dependency.check ?? Effect.void
          const failures = [
            yield* Effect.flip(queue.push(lines(1))).pipe(Effect.orDie),
            yield* Effect.flip(check).pipe(Effect.orDie)
          ]
          for (const { reason, message } of failures) {
            expect(reason).toBe("unavailable")
            expect(message).toContain("deleted or replaced")
          }
        })
      )
    }
  })
})
