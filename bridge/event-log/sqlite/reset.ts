/** Said once at the start: the log's file is empty although its neighbours show that events were stored in it. */
import { join } from "node:path"
import { Effect } from "effect"
import type { Failure } from "../../../contracts/failure.ts"
import { type DatabaseSync, peek, type SqliteFile } from "../../sqlite/database.ts"

/** Warns when nothing was ever stored here, but the queue or the projections of the same folder know of stored events. */
export const sayIfEmptied = (file: SqliteFile, directory: string): Effect.Effect<void, Failure> =>
  Effect.flatMap(file.read(isUnused), (unused) => {
    if (!unused) return Effect.void
    const stored = peek(join(directory, "queue.sqlite"), storedBy) ?? 0
    const counts = peek(join(directory, "projections.sqlite"), hasCounts) ?? false
    const found = [
      ...(stored > 0 ? [`the queue beside it has had ${stored} events stored`] : []),
      ...(counts ? ["the counters beside it have counted events of a log"] : [])
    ]
    if (found.length === 0) return Effect.void
    const later = counts
      ? " The counters count again only what comes behind the place that they had reached: to count anew, stop the actors and delete projections.sqlite too."
      : ""
    return Effect.logWarning(
      `The log ${file.address} is empty and new, but ${found.join(" and ")}: the log's file was deleted or emptied, or the log was Kafka before. What was stored in it is gone.${later} If there is a copy, stop the actors and put it back.`
    )
  })

const isUnused = (database: DatabaseSync): boolean =>
  Number(database.prepare("SELECT coalesce(sum(next), 0) AS events FROM topic").get()?.events) === 0

const storedBy = (database: DatabaseSync): number =>
  Number(
    database.prepare("SELECT coalesce(sum(value), 0) AS stored FROM ledger WHERE name GLOB 'stored:*'").get()
      ?.stored
  )

const hasCounts = (database: DatabaseSync): boolean =>
  database.prepare("SELECT 1 FROM offsets LIMIT 1").get() !== undefined
