/**
 * Wakes those who wait for new content of a database file. A commit of this process wakes them at once, when its writer
 * calls `notify`. Commits of other processes are found by a timer, which runs only while somebody waits: it asks SQLite
 * for the number that changes with each commit of another connection, and reads no table. Lives as long as its file.
 */
import { Effect } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import { makeSignal } from "../signal.ts"
import type { SqliteFile } from "./database.ts"

export interface ChangeSignal {
  /**
   * Takes note of changes from now on; the function that it returns waits for the first, at most `milliseconds`. It may
   * return without a change.
   */
  readonly next: () => (milliseconds: number) => Effect.Effect<void>
  readonly notify: () => void
}

/** Interval at which commits of other processes are looked for, milliseconds. */
const pollIntervalMs = 100

/** Fails when the file cannot be read. */
export const makeChangeSignal = (file: SqliteFile): Effect.Effect<ChangeSignal, Failure> =>
  Effect.map(
    file.read((database) => database.prepare("PRAGMA data_version")),
    (statement) => {
      const { next, notify } = makeSignal()
      let known: unknown
      let waiting = 0
      let timer: ReturnType<typeof setInterval> | undefined
      const poll = (): void => {
        const version = versionOf(statement)
        if (version === known) return
        known = version
        notify()
      }
      const enter = (): void => {
        waiting += 1
        timer ??= setInterval(poll, pollIntervalMs)
      }
      const leave = (): void => {
        waiting -= 1
        if (waiting > 0) return
        clearInterval(timer)
        timer = undefined
      }
      return {
        notify,
        next: () => {
          const changed = next()
          return (milliseconds) =>
            Effect.acquireUseRelease(
              Effect.sync(enter),
              () => Effect.asVoid(Effect.timeoutOption(changed, milliseconds)),
              () => Effect.sync(leave)
            )
        }
      }
    }
  )

/** The number of the file's version; undefined when SQLite cannot tell, which readers of the tables will report. */
const versionOf = (statement: { get: () => Record<string, unknown> | undefined }): unknown => {
  try {
    return statement.get()?.data_version
  } catch {
    return undefined
  }
}
