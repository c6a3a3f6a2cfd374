/**
 * The event log in a file of DATA_DIR, for one machine: topics with one partition each, the same offsets, groups and
 * commits as on Kafka. A topic keeps its newest million records. It lives as long as its scope.
 */
import { Clock, Effect } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import { openFile } from "../../sqlite/database.ts"
import { EventLog } from "../service.ts"
import { makeAppendSignal } from "./append-signal.ts"
import { makeRead } from "./consume.ts"
import { warnIfEmptied } from "./reset.ts"
import { makeScan } from "./scan.ts"
import { addRecords, addTopics, schema } from "./tables.ts"

/** The event log in `log.sqlite` of the folder. Fails with `unavailable` when it is not writable. */
export const makeSqlite = Effect.fnUntraced(function* (directory: string) {
  const file = yield* openFile(directory, "log.sqlite", schema)
  yield* warnIfEmptied(file, directory)
  const signal = makeAppendSignal()
  return EventLog.of({
    dependency: {
      ...{ kind: "sqlite", embedded: true, address: file.address },
      ...{ outage: file.outage, check: file.check }
    },
    ensureTopics: (topics) => file.transaction((database) => addTopics(database, topics)),
    append: Effect.fnUntraced(function* (records) {
      const now = yield* Clock.currentTimeMillis
      const appended = yield* file.transaction((database) => addRecords(database, records, now))
      if (appended === undefined) {
        const named = [...new Set(records.map(({ topic }) => topic))].join(", ")
        return yield* new Failure({
          reason: "unavailable",
          message: `A topic does not exist: one of ${named}`
        })
      }
      signal.notify()
      return appended
    }),
    read: makeRead(file, signal),
    scan: makeScan(file)
  })
})
