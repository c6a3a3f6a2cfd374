/**
 * A database file in DATA_DIR: the only file that knows the database library.
 * It opens with its scope and closes with it. Several processes may have the same file open; what a transaction has
 * committed is on the disk.
 */
import { rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Effect, Schedule, type Scope } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { damageAtStart } from "./check.ts"
import { makePrivate } from "./data-folder.ts"
import {
  failureSentence,
  faultOf,
  isDatabaseError,
  openingSentence,
  type SqliteFault,
  textOf
} from "./errors.ts"

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
  /** Fails while the file cannot be read, and from a write that the disk refused until it takes writes again. */
  readonly check: Effect.Effect<void, Failure>
}

/** How long to wait for another process that writes, milliseconds. */
const busyTimeout = 1500

/**
 * Opens (or makes) `name` in the folder `directory`, which is made if it is missing, and runs `schema`, which must
 * be fit to run every time (`CREATE TABLE IF NOT EXISTS`). Only this user can read the file afterwards. Fails with
 * `unavailable` and a sentence that names the path: it cannot be written, the disk is full, the file is damaged.
 */
export const openFile: (
  directory: string,
  name: string,
  schema: string
) => Effect.Effect<SqliteFile, Failure, Scope.Scope> = Effect.fnUntraced(function* (directory, name, schema) {
  const address = join(directory, name)
  const database = yield* Effect.acquireRelease(
    // Two processes that make the same new file may lock each other out, whatever busy_timeout says.
    Effect.retry(open(directory, name, schema), {
      while: ({ fault }) => fault === "busy",
      schedule: Schedule.spaced("25 millis").pipe(Schedule.jittered, Schedule.upTo({ duration: "3 seconds" }))
    }).pipe(
      Effect.mapError(({ fault, said }) => unavailable(openingSentence(join(directory, name), fault, said)))
    ),
    (opened) => Effect.sync(() => opened.close())
  )
  const inode = inodeOf(address)
  /** The disk, or the file, refused the last write that there was. */
  let refused: Failure | undefined
  const gone = unavailable(
    `The database ${address} was deleted or replaced while it is in use, so nothing is written to it: put it back, or start this process again.`
  )

  const attempt = <A>(work: () => A, writes: boolean): Effect.Effect<A, Failure> =>
    Effect.suspend(() => {
      try {
        const result = work()
        if (writes) refused = undefined
        return Effect.succeed(result)
      } catch (error) {
        if (!isDatabaseError(error)) return Effect.die(error)
        const fault = faultOf(error)
        const failure = unavailable(failureSentence(address, fault, textOf(error)))
        if (writes && fault !== "busy" && fault !== "other") refused = failure
        return Effect.fail(failure)
      }
    })

  return {
    address,
    read: (work) => attempt(() => work(database), false),
    transaction: (work) =>
      Effect.suspend(() =>
        inodeOf(address) === inode ? attempt(() => inTransaction(database, work), true) : Effect.fail(gone)
      ),
    check: Effect.suspend(() => {
      if (inodeOf(address) !== inode) return Effect.fail(gone)
      if (refused !== undefined && !takesWrites(database, address)) return Effect.fail(refused)
      refused = undefined
      return attempt(() => void database.prepare("SELECT count(*) FROM sqlite_schema").get(), false)
    })
  }
})

/** As much as a usual push; a disk with less room is full. */
const room = Buffer.alloc(64 * 1024)

/** Is there room on the disk again, and does the file take a write? Changes nothing that stays. */
const takesWrites = (database: DatabaseSync, address: string): boolean => {
  const probe = `${address}-probe-${process.pid}`
  try {
    writeFileSync(probe, room, { mode: 0o600, flush: true })
    inTransaction(database, (on) => on.exec("PRAGMA user_version = 0"))
    return true
  } catch {
    return false
  } finally {
    rmSync(probe, { force: true })
  }
}

/**
 * Opens an existing file only to look into it: `work` gets the database, which is closed behind it. Undefined when there
 * is no such file, or it cannot be read.
 */
export const peek = <A>(path: string, work: (database: DatabaseSync) => A): A | undefined => {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { readOnly: true })
    return work(database)
  } catch {
    return undefined
  } finally {
    database?.close()
  }
}

/** Opens a file as it is, for a repair: no schema, no check. Throws what SQLite says. */
export const openAsIs = (path: string): DatabaseSync => new DatabaseSync(path)

interface OpeningFault {
  readonly fault: SqliteFault
  readonly said: string
}

const open = (directory: string, name: string, schema: string): Effect.Effect<DatabaseSync, OpeningFault> =>
  Effect.suspend(() => {
    const path = join(directory, name)
    let database: DatabaseSync | undefined
    try {
      makePrivate(directory, name)
      database = new DatabaseSync(path)
      database.exec(`PRAGMA busy_timeout = ${busyTimeout}`)
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
      const said = damageAtStart(database, path)
      if (said === undefined) {
        inTransaction(database, (on) => on.exec(schema))
        return Effect.succeed(database)
      }
      database.close()
      return Effect.fail({ fault: "damaged", said })
    } catch (error) {
      database?.close()
      return Effect.fail({ fault: faultOf(error), said: textOf(error) })
    }
  })

/** Which file stands at the path; what is written to another is lost when this process ends. */
const inodeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.ino

const unavailable = (message: string): Failure => new Failure({ reason: "unavailable", message })

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
