/**
 * A database file in DATA_DIR: the only file that knows the database library.
 * It opens with its scope and closes with it. Several processes may have the same file open; what a transaction has
 * committed is on the disk.
 */
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Effect, type Scope } from "effect"
import { Failure } from "../contracts/failure.ts"

export type { DatabaseSync } from "node:sqlite"

export interface SqliteFile {
  /** The path of the file. */
  readonly address: string
  /**
   * Runs `work` in one write transaction: all of it or nothing. Others wait until it ends, so it must be short.
   * Fails with `unavailable` when the database refuses (locked for too long, disk full); nothing was done then.
   */
  readonly transaction: <A>(work: (database: DatabaseSync) => A) => Effect.Effect<A, Failure>
  /** Runs `work`, which only reads. */
  readonly read: <A>(work: (database: DatabaseSync) => A) => Effect.Effect<A, Failure>
  readonly check: Effect.Effect<void, Failure>
}

/** How long to wait for another process that writes, milliseconds. */
const busyTimeout = 1500

/**
 * Opens (or makes) `name` in the folder `directory`, which is made if it is missing, and runs `schema`, which must
 * be fit to run every time (`CREATE TABLE IF NOT EXISTS`). Fails with `unavailable` and a sentence that names the path.
 */
export const openFile: (
  directory: string,
  name: string,
  schema: string
) => Effect.Effect<SqliteFile, Failure, Scope.Scope> = Effect.fnUntraced(function* (directory, name, schema) {
  const address = join(directory, name)
  const database = yield* Effect.acquireRelease(
    Effect.try({
      try: () => open(directory, address, schema),
      catch: (error) =>
        new Failure({
          reason: "unavailable",
          message: `Cannot write the database ${address}: ${text(error)}. Set DATA_DIR to a folder that can be written.`
        })
    }),
    (opened) => Effect.sync(() => opened.close())
  )

  const attempt = <A>(work: () => A): Effect.Effect<A, Failure> =>
    Effect.suspend(() => {
      try {
        return Effect.succeed(work())
      } catch (error) {
        if (!isDatabaseError(error)) return Effect.die(error)
        return Effect.fail(
          new Failure({ reason: "unavailable", message: `Database ${address}: ${text(error)}` })
        )
      }
    })

  const read = <A>(work: (database: DatabaseSync) => A) => attempt(() => work(database))

  return {
    address,
    read,
    transaction: (work) => attempt(() => inTransaction(database, work)),
    check: read((on) => {
      on.prepare("SELECT count(*) FROM sqlite_schema").get()
    })
  }
})

const open = (directory: string, path: string, schema: string): DatabaseSync => {
  mkdirSync(directory, { recursive: true })
  const database = new DatabaseSync(path)
  try {
    database.exec(`PRAGMA busy_timeout = ${busyTimeout}`)
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
    inTransaction(database, (on) => on.exec(schema))
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

const inTransaction = <A>(database: DatabaseSync, work: (database: DatabaseSync) => A): A => {
  database.exec("BEGIN IMMEDIATE")
  try {
    const result = work(database)
    database.exec("COMMIT")
    return result
  } catch (error) {
    try {
      database.exec("ROLLBACK")
    } catch {
      // SQLite has rolled back by itself (disk full, for one); the first error is the one to tell.
    }
    throw error
  }
}

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** An error of SQLite itself; anything else that `work` throws is a mistake in the code. */
const isDatabaseError = (error: unknown): boolean =>
  error instanceof Error && "code" in error && /SQLITE/.test(String(error.code))
