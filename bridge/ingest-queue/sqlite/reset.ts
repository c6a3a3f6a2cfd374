/** A warning at the start: the queue's file is empty, although the log in the same folder has events from it. */
import { join } from "node:path"
import { Effect } from "effect"
import type { Failure } from "../../../contracts/failure.ts"
import { peek, type SqliteFile } from "../../sqlite/database.ts"

/** Warns when this queue was never used and the log of the same folder has events. */
export const warnIfEmptied = (file: SqliteFile, directory: string): Effect.Effect<void, Failure> =>
  Effect.flatMap(file.read(isUnused), (unused) => {
    const events = unused ? (peek(join(directory, "log.sqlite"), eventsIn) ?? 0) : 0
    if (events === 0) return Effect.void
    return Effect.logWarning(
      `The queue ${file.address} is empty and new, but the log in the same folder has ${events} events: the file of the queue was deleted or emptied. Its waiting lines, its dead letters and the counts of the ledger are lost. If you have a copy, stop the actors and restore it; otherwise continue, new events are accepted.`
    )
  })

const isUnused: Parameters<SqliteFile["read"]>[0] = (database) =>
  ["ledger", "lines", "batches", "dead_letters"].every(
    (table) => database.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get() === undefined
  )

const eventsIn: Parameters<typeof peek<number>>[1] = (database) =>
  Number(database.prepare("SELECT coalesce(sum(next), 0) AS events FROM topic").get()?.events)
