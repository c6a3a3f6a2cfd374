/** Waiting for changes of a database file, by this process and by others. */
import { expect, test } from "bun:test"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Fiber, type Scope } from "effect"
import { makeChangeSignal } from "../../../bridge/sqlite/change-signal.ts"
import { openFile } from "../../../bridge/sqlite/database.ts"
import type { Failure } from "../../../contracts/failure.ts"

const hourMs = 3_600_000
const schema = "CREATE TABLE IF NOT EXISTS notes (text TEXT NOT NULL)"

/** The signal of a file, and the same file opened once more, as by another process. */
const opened = Effect.suspend(() => {
  const folder = mkdtempSync(join(tmpdir(), "spoor-change-"))
  return Effect.gen(function* () {
    const file = yield* openFile(folder, "notes.sqlite", schema)
    return { signal: yield* makeChangeSignal(file), other: yield* openFile(folder, "notes.sqlite", schema) }
  })
})
const run = (body: Effect.Effect<void, Failure, Scope.Scope>): Promise<void> =>
  Effect.runPromise(Effect.scoped(body))

test("a commit of another process ends every wait", () =>
  run(
    Effect.gen(function* () {
      const { signal, other } = yield* opened
      const fibers = yield* Effect.forEach([1, 2], () =>
        Effect.forkChild(signal.next()(hourMs), { startImmediately: true })
      )
      yield* other.transaction((database) => database.exec("INSERT INTO notes VALUES ('hello')"))
      yield* Effect.forEach(fibers, Fiber.join)
    })
  ))

test("a commit after the note was taken and before the wait ends the wait", () =>
  run(
    Effect.gen(function* () {
      const { signal, other } = yield* opened
      yield* signal.next()(150)
      const change = signal.next()
      yield* other.transaction((database) => database.exec("INSERT INTO notes VALUES ('hello')"))
      yield* change(hourMs)
      const notified = signal.next()
      signal.notify()
      yield* notified(hourMs)
    })
  ))

test("without a change a wait ends when its time is over", () =>
  run(
    Effect.gen(function* () {
      const { signal } = yield* opened
      yield* signal.next()(150)
      const fiber = yield* Effect.forkChild(signal.next()(hourMs), { startImmediately: true })
      yield* signal.next()(250)
      expect(fiber.pollUnsafe()).toBeUndefined()
    })
  ))
