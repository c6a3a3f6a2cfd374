/**
 * The event log in a file of DATA_DIR, for one machine: topics with one partition each, the same offsets, groups and
 * commits as on Kafka. A topic keeps its newest million records. It lives as long as its scope.
 */
import { Clock, Effect } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import { makeChangeSignal } from "../../sqlite/change-signal.ts"
import { openFile } from "../../sqlite/database.ts"
import { EventLog } from "../service.ts"
import { makeRead } from "./consume.ts"
import { warnIfEmptied } from "./reset.ts"
import { makeScan } from "./scan.ts"
import { addRecords, addTopics, endOf, schema } from "./tables.ts"

/** The event log in `log.sqlite` of the folder. Fails with `unavailable` when it is not writable. */
export const makeSqlite = Effect.fnUntraced(function* (directory: string) {
  const file = yield* openFile(directory, "log.sqlite", schema)
  yield* warnIfEmptied(file, directory)
  const changes = yield* makeChangeSignal(file)
  return EventLog.of({
    dependency: {
      ...{ kind: "sqlite", embedded: true, address: file.address },
      ...{ outage: file.outage, check: file.check }
    },
    ensureTopics: (topics) => file.transaction((database) => addTopics(database, topics)),
    partitions: (topics) =>
      Effect.flatMap(
        file.read((database) => topics.find((topic) => endOf(database, topic) === undefined)),
        (missing) =>
          missing === undefined
            ? Effect.succeed(new Map(topics.map((topic) => [topic, 1] as const)))
            : Effect.fail(noTopic(missing))
      ),
    append: Effect.fnUntraced(function* (records) {
      const now = yield* Clock.currentTimeMillis
      const appended = yield* file.transaction((database) => addRecords(database, records, now))
      if (appended === undefined) {
        const named = [...new Set(records.map(({ topic }) => topic))].join(", ")
        return yield* noTopic(`one of ${named}`)
      }
      changes.notify()
      return appended
    }),
    read: makeRead(file, changes),
    scan: makeScan(file)
  })
})

const noTopic = (which: string): Failure =>
  new Failure({ reason: "unavailable", message: `A topic does not exist: ${which}` })
