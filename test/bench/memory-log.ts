/** A log in memory for benchmarks of consumers. */
import { Deferred, Effect } from "effect"
import { EventLog, type RecordBatch } from "../../bridge/event-log/service.ts"

/** A log that delivers these batches once; `done` ends with the last one. */
export const logOf = (batches: ReadonlyArray<RecordBatch>, done: Deferred.Deferred<void>) =>
  EventLog.of({
    dependency: { kind: "sqlite", embedded: true, address: "memory", check: Effect.void },
    ensureTopics: () => Effect.void,
    partitions: (topics) => Effect.succeed(new Map(topics.map((one) => [one, 1]))),
    append: (records) =>
      Effect.succeed(records.map(() => ({ stored: true, partition: 0, offset: "0" }) as const)),
    read: (_, handle) =>
      Effect.orDie(Effect.forEach(batches, handle, { discard: true })).pipe(
        Effect.andThen(Deferred.succeed(done, undefined)),
        Effect.andThen(Effect.never)
      ),
    scan: () => Effect.succeed(false)
  })
