/**
 * A database file in DATA_DIR, and the only file that imports the database library. It opens and closes with its scope.
 * Several processes may have the same file open; a committed transaction is on the disk.
 */
import { rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Context, Effect, Schedule, type Scope } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { logWith, type Outage, Outages } from "../outage.ts"
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
  /** The outages of the file, as the log reports them. */
  readonly outage: Outage
  /**
   * Runs `work` in one write transaction. Other writers wait until it ends, so it must be short. Fails with `unavailable`
   * when the database refuses (locked for too long, disk full); nothing was done then.
   */
  readonly transaction: <A>(work: (database: DatabaseSync) => A) => Effect.Effect<A, Failure>
  /** Runs `work`, which must only read. */
  readonly read: <A>(work: (database: DatabaseSync) => A) => Effect.Effect<A, Failure>
  /** Fails while the file cannot be read, and after a refused write until a write succeeds again. */
  readonly check: Effect.Effect<void, Failure>
}

/** Whether databases are in memory and end with their scope: for tests of actors only, so it is no setting. */
export const InMemory: Context.Reference<boolean> = Context.Reference("spoor/bridge/sqlite/InMemory", {
  defaultValue: () => false
})

/** How long a write waits for another process, milliseconds. */
const busyTimeout = 1500

/**
 * Opens (or creates) `name` in the folder `directory`, which is created when it is missing, and runs `schema`, which must be
 * idempotent (`CREATE TABLE IF NOT EXISTS`). Only this user can read the file. Fails with `unavailable` and a sentence
 * that names the path: not writable, disk full, file damaged.
 *
 * @example
 * const file = yield* openFile(".data", "notes.sqlite", "CREATE TABLE IF NOT EXISTS notes (text TEXT NOT NULL)")
 * yield* file.transaction((database) => database.prepare("INSERT INTO notes VALUES (?)").run("hello"))
 */
export const openFile: (
  directory: string,
  name: string,
  schema: string
) => Effect.Effect<SqliteFile, Failure, Scope.Scope> = Effect.fnUntraced(function* (directory, name, schema) {
  const isInMemory = yield* InMemory
  const address = isInMemory ? `:memory:/${name}` : join(directory, name)
  const database = yield* Effect.acquireRelease(
    // Two processes that create the same file can lock each other out in spite of busy_timeout.
    Effect.retry(isInMemory ? openInMemory(schema) : open(directory, name, schema), {
      while: ({ fault }) => fault === "busy",
      schedule: Schedule.spaced("25 millis").pipe(Schedule.jittered, Schedule.upTo({ duration: "3 seconds" }))
    }).pipe(
      Effect.mapError(({ fault, message }) =>
        unavailable(openingSentence(join(directory, name), fault, message))
      )
    ),
    (opened) => Effect.sync(() => opened.close())
  )
  const log = logWith(Effect.runForkWith(yield* Effect.context<never>()))
  const outage = (yield* Outages).of({ name: `Database ${address}`, log })
  const reading = outage.operation({ meanwhile: "What fails is tried again, or is answered with 503." })
  const writing = outage.operation()
  const inode = inodeOf(address)
  /** The failure of the last write, when the disk or the file refused it. */
  let refused: Failure | undefined
  const gone = unavailable(
    `The database ${address} was deleted or replaced while in use, so nothing is written to it: restore it, or restart this process.`
  )

  const attempt = <A>(work: () => A, writes: boolean): Effect.Effect<A, Failure> =>
    Effect.suspend(() => {
      try {
        const result = work()
        if (writes) refused = undefined
        ;(writes ? writing : reading).worked()
        return Effect.succeed(result)
      } catch (error) {
        if (!isDatabaseError(error)) return Effect.die(error)
        const fault = faultOf(error)
        const failure = unavailable(failureSentence(address, fault, textOf(error)))
        if (writes && fault !== "busy" && fault !== "other") refused = failure
        ;(writes ? writing : reading).failed(failure.message)
        return Effect.fail(failure)
      }
    })

  const failGone = Effect.suspend(() => {
    writing.failed(gone.message)
    return Effect.fail(gone)
  })

  return {
    address,
    outage,
    read: (work) => attempt(() => work(database), false),
    transaction: (work) =>
      Effect.suspend(() =>
        inodeOf(address) === inode ? attempt(() => inTransaction(database, work), true) : failGone
      ),
    check: Effect.suspend(() => {
      if (inodeOf(address) !== inode) return failGone
      if (refused !== undefined && !acceptsWrites(database, address)) return Effect.fail(refused)
      if (refused !== undefined) writing.worked()
      refused = undefined
      return attempt(() => void database.prepare("SELECT count(*) FROM sqlite_schema").get(), false)
    })
  }
})

/** The probe has the size of a usual push: a disk with less space counts as full. */
const probeContent = Buffer.alloc(64 * 1024)

/** Checks that the disk has space and the file accepts a write. Leaves no change. */
const acceptsWrites = (database: DatabaseSync, address: string): boolean => {
  const probe = `${address}-probe-${process.pid}`
  try {
    writeFileSync(probe, probeContent, { mode: 0o600, flush: true })
    inTransaction(database, (on) => on.exec("PRAGMA user_version = 0"))
    return true
  } catch {
    return false
  } finally {
    rmSync(probe, { force: true })
  }
}

/**
 * Opens an existing file for reading: `work` gets the database, which is closed afterwards. Undefined when the file is
 * missing or cannot be read.
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

/** Opens a file for a repair, without a schema or a check. Throws SQLite's error. */
export const openAsIs = (path: string): DatabaseSync => new DatabaseSync(path)

interface OpeningFault {
  readonly fault: SqliteFault
  readonly message: string
}

const openInMemory = (schema: string): Effect.Effect<DatabaseSync, OpeningFault> =>
  Effect.sync(() => {
    const database = new DatabaseSync(":memory:")
    database.exec(schema)
    return database
  })

const open = (directory: string, name: string, schema: string): Effect.Effect<DatabaseSync, OpeningFault> =>
  Effect.suspend(() => {
    const path = join(directory, name)
    let database: DatabaseSync | undefined
    try {
      makePrivate(directory, name)
      database = new DatabaseSync(path)
      database.exec(`PRAGMA busy_timeout = ${busyTimeout}`)
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
      const found = damageAtStart(database, path)
      if (found === undefined) {
        inTransaction(database, (on) => on.exec(schema))
        return Effect.succeed(database)
      }
      database.close()
      return Effect.fail({ fault: "damaged", message: found })
    } catch (error) {
      database?.close()
      return Effect.fail({ fault: faultOf(error), message: textOf(error) })
    }
  })

/** Identifies the file at the path: writes to a deleted file are lost when this process ends. */
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
      // SQLite has already rolled back (for example, disk full); the first error is the one to report.
    }
    throw error
  }
}
