/** Scans the log in a SQLite file: a batch of each topic in turn, from a time on, until the caller has enough. */
import { Effect } from "effect"
import type { Failure } from "../../../contracts/failure.ts"
import type { Topic } from "../../../contracts/ids.ts"
import type { SqliteFile } from "../../sqlite/database.ts"
import type { RecordBatch, ScanOptions } from "../service.ts"
import { batchFrom, endOf, offsetAfter, offsetSince } from "./tables.ts"

/** The position of the scan in one topic, and its end. */
interface Place {
  readonly topic: Topic
  readonly next: number
  readonly end: number
}

/** `scan` of the event log. */
export const makeScan =
  (file: SqliteFile) =>
  (
    { topics, since }: ScanOptions,
    see: (batch: RecordBatch, partitions: number) => boolean
  ): Effect.Effect<boolean, Failure> =>
    Effect.gen(function* () {
      let places = yield* file.read((database) =>
        [...new Set(topics)].map((topic): Place => {
          const end = endOf(database, topic) ?? 0
          return { topic, next: offsetSince(database, topic, since), end }
        })
      )
      const partitions = places.filter(({ next, end }) => next < end).length
      while (places.length > 0) {
        const further: Array<Place> = []
        for (const { topic, next, end } of places) {
          const batch = yield* file.read((database) => batchFrom(database, topic, next, end))
          if (batch === undefined) continue
          if (see(batch, partitions)) return true
          further.push({ topic, next: offsetAfter(batch), end })
          yield* Effect.yieldNow
        }
        places = further
      }
      return false
    })
