/** A warning at the start: the log's file is empty, although other files of the folder show that events were stored. */
import { join } from "node:path"
import { Effect } from "effect"
import type { Failure } from "../../../contracts/failure.ts"
import { type DatabaseSync, peek, type SqliteFile } from "../../sqlite/database.ts"

/** Warns when this log was never used, but the queue or the projections of the same folder have counted stored events. */
export const warnIfEmptied = (file: SqliteFile, directory: string): Effect.Effect<void, Failure> =>
  Effect.flatMap(file.read(isUnused), (unused) => {
    if (!unused) return Effect.void
    const stored = peek(join(directory, "queue.sqlite"), storedBy) ?? 0
    const counts = peek(join(directory, "projections.sqlite"), hasCounts) ?? false
    const found = [
      ...(stored > 0 ? [`the queue in the same folder has had ${stored} events stored`] : []),
      ...(counts ? ["the counters in the same folder have counted events of a log"] : [])
    ]
    if (found.length === 0) return Effect.void
    const later = counts
      ? " The counters continue only after the offset that they had reached: to count from the start, stop the actors and delete projections.sqlite too."
      : ""
    return Effect.logWarning(
      `The log ${file.address} is empty and new, but ${found.join(" and ")}: the file of the log was deleted or emptied, or the log was in Kafka before. Its records are lost.${later} If you have a copy, stop the actors and restore it.`
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
