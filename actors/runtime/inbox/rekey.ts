/**
 * Re-keying: copies the records of the log that have a key to a topic of our own, in which all records of one key are in
 * one partition. All keyed actors with the same parameter share the topic and its consumer group. It also notes up to which
 * time each source partition is copied: the clock of the keyed actors. Lives as long as one run of its inbox.
 */
import { Effect } from "effect"
import {
  EventLog,
  type LogPartition,
  type ReadWatch,
  type RecordBatch
} from "../../../bridge/event-log/service.ts"
import { KeyedStore } from "../../../bridge/keyed-store/service.ts"
import { logWith, makeOutage, Outages } from "../../../bridge/outage.ts"
import type { Failure } from "../../../contracts/failure.ts"
import type { Topic } from "../../../contracts/ids.ts"
import { Self } from "../actor-context.ts"
import { type KeyOf, rekeyedRecord } from "./key.ts"
import { makeKeyedFigures } from "./keyed-figures.ts"
import type { Watermark } from "./partition-clocks.ts"

export interface Rekeyer {
  readonly running: Effect.Effect<never, Failure>
  /** Everything up to its time was copied; undefined while that is not known of every source partition. */
  readonly watermark: () => Watermark | undefined
}

export interface Rekeying {
  /** What the key is made of, for people: a parameter, or an actor that computes it. */
  readonly param: string
  readonly keyOf: KeyOf
  readonly sources: ReadonlyArray<Topic>
  readonly topic: Topic
  readonly delayMs: number
}

/** Source partitions copied at the same time: while one waits for Kafka, another is read. */
const partitionsAtOnce = 4

/** How often the times of the source partitions are exchanged, milliseconds. */
const exchangeMs = 1_000

/** The re-keyer of the actor of that name. */
export const rekeying = Effect.fnUntraced(function* (name: string, settings: Rekeying) {
  const log = yield* EventLog
  const { meter } = yield* Self
  const { keyOf, sources, topic } = settings
  const figures = yield* makeKeyedFigures(name)
  const times = makeSourceTimes(settings.delayMs)
  const exchange = yield* makeExchange(settings, times)

  const copy = Effect.fnUntraced(function* (batch: RecordBatch) {
    const clock = exchange.watermark()?.time ?? 0
    const copies = batch.records.flatMap((record) => {
      const key = keyOf(record, batch.topic)
      return key === undefined ? [] : [rekeyedRecord(record, key, batch, topic, clock)]
    })
    if (copies.length > 0) {
      const place = `${batch.topic}-${batch.partition}-${batch.records[0]?.offset}`
      const refused = (yield* log.append(copies, place)).filter(({ stored }) => !stored)
      if (refused.length > 0) {
        yield* meter.count("rejected", refused.length, "refused by the log")
        yield* Effect.logWarning(
          `${refused.length} records from ${place} on cannot be copied to ${topic} and are passed over.`
        )
      }
    }
    yield* figures.add("passedOver", batch.records.length - copies.length)
    times.copied(batch, batch.records.at(-1)?.timestamp ?? 0)
  })
  const watch: ReadWatch = { owned: times.owned, caughtUp: times.caughtUp }
  const reading = log.read({ group: topic, topics: sources, from: "oldest", partitionsAtOnce, watch }, copy)
  const both = Effect.all([reading, exchange.running], { concurrency: "unbounded" })
  // A copy made before the partitions are counted would have no clock.
  const running = Effect.andThen(exchange.first, Effect.andThen(both, Effect.never))
  return { running, watermark: exchange.watermark } satisfies Rekeyer
})

/** Up to which time each owned source partition was copied. */
const makeSourceTimes = (delayMs: number) => {
  const times = new Map<string, number>()
  let owned = new Set<string>()
  const raise = (source: LogPartition, time: number): void => {
    const name = sourceName(source)
    // A record from the future must not move the clock there.
    const until = Math.min(time, Date.now()) - delayMs
    times.set(name, Math.max(times.get(name) ?? 0, until))
  }
  return {
    owned: (partitions: ReadonlyArray<LogPartition>): void => {
      owned = new Set(partitions.map(sourceName))
      for (const name of times.keys()) if (!owned.has(name)) times.delete(name)
    },
    caughtUp: raise,
    copied: raise,
    list: (): ReadonlyMap<string, number> => times
  }
}

const sourceName = ({ topic, partition }: LogPartition): string => `${topic}-${partition}`

/**
 * Writes the times of the owned source partitions to the store, and reads those of all. The watermark uses the owned ones
 * as they are now: while a backlog is copied, an exchange is many days of events behind.
 */
const makeExchange = Effect.fnUntraced(function* (
  { param, sources, topic, delayMs }: Rekeying,
  times: ReturnType<typeof makeSourceTimes>
) {
  const [log, store] = [yield* EventLog, yield* KeyedStore]
  const write = logWith(Effect.runForkWith(yield* Effect.context<never>()))
  const isExplained = (yield* Outages).isAnyOpen
  const outage = makeOutage({
    ...{
      name: `The clock of the events by ${param}`,
      ends: "It runs again",
      log: write,
      isExplained,
      logAfterMs: 3_000
    }
  })
  const exchanging = outage.operation({ meanwhile: "It stands still, and timers wait." })
  let known: Watermark | undefined
  let stored: ReadonlyMap<string, number> = new Map()
  /** All source partitions, and when they were counted: a partition that is newer has no earlier events. */
  let counted: { readonly names: ReadonlyArray<string>; readonly at: number } = { names: [], at: 0 }

  const exchange = Effect.gen(function* () {
    stored = yield* store.rekeyed(topic, new Map(times.list()))
    const at = Date.now()
    const counts = yield* log.partitions(sources)
    const names = sources.flatMap((topic) =>
      Array.from({ length: counts.get(topic) ?? 0 }, (_, partition) => sourceName({ topic, partition }))
    )
    counted = { names, at }
    exchanging.worked()
  }).pipe(Effect.catch(({ message }) => Effect.sync(() => exchanging.failed(message))))

  const watermark = (): Watermark | undefined => {
    const { names, at } = counted
    let time = names.length === 0 ? Number.NaN : at - delayMs
    for (const name of names) {
      const [own, other] = [times.list().get(name), stored.get(name)]
      time = Math.min(time, own === undefined ? (other ?? Number.NaN) : Math.max(own, other ?? own))
    }
    if (!Number.isNaN(time)) known = { time: Math.max(time, known?.time ?? 0), knownAt: Date.now() }
    return known
  }

  const running: Effect.Effect<never> = Effect.forever(Effect.andThen(exchange, Effect.sleep(exchangeMs)))
  return { first: exchange, running, watermark }
})
