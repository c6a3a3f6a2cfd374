/**
 * A counting consumer: reads the log as a consumer group of its own and keeps tables of counts in the projection store.
 * Each event counts once, however often it was stored or read, because counts and fences change in one atomic write.
 */
import { Effect } from "effect"
import type { LogRecord, RecordBatch } from "../../bridge/event-log/service.ts"
import { ProjectionStore, type RecordEffect } from "../../bridge/projection-store/service.ts"
import { eventIdParam } from "../../contracts/client-event-id.ts"
import { enrichSteps, readSteps } from "../../contracts/enrichment-step.ts"
import { traceParam } from "../../contracts/trace-context.ts"
import { visitorId } from "../../gateway/privacy/settings.ts"
import { readEvent } from "../inspect/counters/counted-event.ts"
import { type Counting, withShortKeys } from "../inspect/counters/counting.ts"
import * as Actor from "../runtime/actor.ts"
import { Self } from "../runtime/actor-context.ts"
import { eventLog, progressBus, projectionStore } from "../runtime/dependencies.ts"
import { records, type TopicChoice } from "../runtime/inbox/records.ts"
import { publishConsumerProgress } from "../runtime/publish/consumer-progress.ts"
import { fenceId, type Written } from "./fence-id.ts"

/** Partitions handled at the same time: while one waits for the store, another is read. */
const partitionsAtOnce = 4

/**
 * Makes the counting actor of that name. `topics`: which topics it reads; default: all of the settings.
 *
 * @example
 * ```ts
 * export const CountryCounter = counter("country-counter", {
 *   summary: "Counts events by country.",
 *   count: (event) => [{ table: "by-country", key: event.meta("country"), by: 1 }]
 * })
 * ```
 */
export const counter = (name: string, { summary, count }: Counting, topics: TopicChoice = {}): Actor.Actor =>
  Actor.make(
    name,
    {
      summary,
      receives: records(name, "oldest", topics),
      sends: `counts to the projection ${name}`,
      requires: [eventLog, projectionStore, progressBus],
      settings: [eventIdParam, visitorId, traceParam, enrichSteps],
      checks: [readSteps],
      concurrency: partitionsAtOnce,
      waiting: 16
    },
    Effect.gen(function* () {
      const store = yield* ProjectionStore
      const { meter } = yield* Self
      const written: Written = {
        idParam: yield* eventIdParam.config,
        hasVisitorIds: (yield* visitorId.config) !== "off",
        traceParam: yield* traceParam.config,
        steps: (yield* readSteps).map(({ name: step }) => step)
      }
      yield* meter.declare("repeated", ["seen before"])
      const publishProgress = yield* publishConsumerProgress

      return Effect.fnUntraced(function* (batch: RecordBatch) {
        const { topic, partition, records, end } = batch
        const applied = yield* Effect.suspend(() => {
          const effects = records.map((record) => effectOf(record, count, written))
          return store.apply(name, { topic, partition, end, effects })
        })
        yield* meter.count("repeated", applied.reread + applied.duplicates, "seen before")
        yield* publishProgress(batch)
      })
    })
  )

/** An unreadable record counts nothing, but moves the fence. */
const effectOf = (record: LogRecord, count: Counting["count"], written: Written): RecordEffect => {
  const event = readEvent(record)
  const id = fenceId(record, event, written)
  return { offset: record.offset, id, increments: event === undefined ? [] : withShortKeys(count(event)) }
}
