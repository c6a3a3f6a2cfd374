/** Said once at the start: the queue's file is empty although the log beside it shows that events went through it. */
import { join } from "node:path"
import { Effect } from "effect"
import type { Failure } from "../../../contracts/failure.ts"
import { peek, type SqliteFile } from "../../sqlite/database.ts"

/** Warns when nothing was ever in this queue and there are events in the log of the same folder. */
export const sayIfEmptied = (file: SqliteFile, directory: string): Effect.Effect<void, Failure> =>
  Effect.flatMap(file.read(isUnused), (unused) => {
    const events = unused ? (peek(join(directory, "log.sqlite"), eventsIn) ?? 0) : 0
    if (events === 0) return Effect.void
    return Effect.logWarning(
      `The queue ${file.address} is empty and new, but the log beside it has taken ${events} events: the queue's file was deleted or emptied. What waited in it, its dead letters and the ledger's counts are gone. If there is a copy, stop the actors and put it back; else go on, events are taken as before.`
    )
  })

const isUnused: Parameters<SqliteFile["read"]>[0] = (database) =>
  ["ledger", "lines", "batches", "dead_letters"].every(
    (table) => database.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get() === undefined
  )

const eventsIn: Parameters<typeof peek<number>>[1] = (database) =>
  Number(database.prepare("SELECT coalesce(sum(next), 0) AS events FROM topic").get()?.events)
