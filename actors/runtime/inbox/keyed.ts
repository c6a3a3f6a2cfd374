/**
 * The inbox of keyed actors: records of one partition at a time, each with its key and the clock of its partition, and
 * messages without records when time has passed. Where the log is not keyed by the parameter, a re-keyer (rekey.ts) reads
 * it first. Lives as long as one run of its actor.
 */
import { Effect, Result, type Scope } from "effect"
import { EventLog, type ReadWatch, type RecordBatch } from "../../../bridge/event-log/service.ts"
import { KeyedStore } from "../../../bridge/keyed-store/service.ts"
import { logWith, makeOutage, Outages } from "../../../bridge/outage.ts"
import { kafkaKeyParam } from "../../../bridge/settings.ts"
import type { Failure } from "../../../contracts/failure.ts"
import type { Topic } from "../../../contracts/ids.ts"
import { topicSettings } from "../../transform/topics.ts"
import type { Inbox } from "../actor.ts"
import { Self } from "../actor-context.ts"
import { ensureTopics } from "../ensure-topics.ts"
import type { Mailbox } from "../mailbox.ts"
import { readRekeyed, readSource } from "./key.ts"
import { makeKeyedFigures } from "./keyed-figures.ts"
import type { KeyedMessage } from "./keyed-message.ts"
import {
  inOnePartition,
  isComputed,
  type KeyedInbox,
  type Placement,
  readPlacement,
  rekeyPrefix,
  timerDelay
} from "./keyed-placement.ts"
import { makePartitionClocks, type PartitionClocks, type Watermark } from "./partition-clocks.ts"
import { lagAfter, traced } from "./records.ts"
import { rekeying } from "./rekey.ts"

/** How often time is looked at, milliseconds. */
const tickMs = 1_000

/**
 * Receives the records of each value of a parameter, in order.
 *
 * @example
 * ```ts
 * receives: keyedRecords({ name: "sessions", key: "deviceid", topics: undefined, creates: Effect.succeed(undefined) })
 * ```
 */
export const keyedRecords = (inbox: KeyedInbox): Inbox<KeyedMessage, void, EventLog | KeyedStore> => ({
  describes: `records of the log by key (group spoor-${inbox.name})`,
  settings: [
    ...topicSettings,
    ...(typeof inbox.key === "string" || isComputed(inbox.key) ? [] : [inbox.key]),
    kafkaKeyParam,
    rekeyPrefix,
    timerDelay
  ],
  checks: [readPlacement(inbox)],
  group: { name: `spoor-${inbox.name}`, isPrefix: false },
  open: Effect.fnUntraced(function* (mailbox) {
    const log = yield* EventLog
    const read = yield* readPlacement(inbox)
    const placement = isComputed(inbox.key) ? read : inOnePartition(log, read)
    const results = yield* inbox.creates
    const topics = [...placement.sources, ...(placement.isRekeyed ? [placement.topic] : [])]
    const topicsReady = yield* ensureTopics(log, results === undefined ? topics : [...topics, results])
    const parts = yield* makeParts(inbox.name, placement, mailbox)
    const all = [parts.reading, parts.ticking, ...(parts.rekeying === undefined ? [] : [parts.rekeying])]
    return Effect.andThen(
      topicsReady,
      Effect.andThen(Effect.all(all, { concurrency: "unbounded" }), Effect.never)
    )
  })
})

/** How far the slowest of the known clocks is behind, seconds. */
const clockLag = (clocks: ReadonlyArray<number>): number => {
  const slowest = Math.min(...clocks.filter(Number.isFinite))
  return Number.isFinite(slowest) ? Math.max(0, Date.now() - slowest) / 1000 : 0
}

const makeParts = Effect.fnUntraced(function* (
  name: string,
  placement: Placement,
  mailbox: Mailbox<KeyedMessage, void>
): Effect.fn.Return<
  {
    readonly reading: Effect.Effect<never, Failure>
    readonly ticking: Effect.Effect<void>
    readonly rekeying: Effect.Effect<never, Failure> | undefined
  },
  never,
  EventLog | KeyedStore | Self | Scope.Scope
> {
  const log = yield* EventLog
  const { meter } = yield* Self
  const { topic, delayMs, isRekeyed } = placement
  const clocks = makePartitionClocks()
  const rekeyer = isRekeyed ? yield* rekeying(name, placement) : undefined
  /** The number of partitions, looked up until it is known. */
  let partitions: number | undefined
  const countPartitions = Effect.suspend(() =>
    partitions !== undefined
      ? Effect.succeed(partitions)
      : Effect.map(log.partitions([topic]), (counts) => {
          partitions = counts.get(topic) ?? 1
          return partitions
        })
  )
  const watch: ReadWatch = {
    owned: (places) => {
      partitions = undefined
      clocks.owned(places)
    },
    caughtUp: clocks.caughtUp
  }
  const deliver = Effect.fnUntraced(function* (batch: RecordBatch) {
    const message: KeyedMessage = {
      ...{ topic: batch.topic, partition: batch.partition, end: batch.end, clock: Number.NEGATIVE_INFINITY },
      records: batch.records.map((record) =>
        isRekeyed ? readRekeyed(record) : readSource(record, placement)
      ),
      partitions: yield* countPartitions
    }
    const weight = { events: batch.records.length, oldest: batch.records[0]?.timestamp }
    yield* traced(name, batch, mailbox.deliver(message, weight))
    meter.readUpTo(lagAfter(batch))
  })
  meter.startReading()
  const reading = log.read(
    {
      ...{ group: `spoor-${name}`, topics: [topic], from: "oldest" as const },
      ...{ partitionsAtOnce: mailbox.limits.concurrency, watch }
    },
    deliver
  )
  const ticking = yield* makeTicking(
    name,
    mailbox,
    clocks,
    () => rekeyer?.watermark() ?? (isRekeyed ? undefined : "wall"),
    { topic, delayMs, countPartitions }
  )
  return { reading, ticking, rekeying: rekeyer?.running }
})

/** Looks every second at what is due in the partitions that are read to their end. */
const makeTicking = Effect.fnUntraced(function* (
  name: string,
  mailbox: Mailbox<KeyedMessage, void>,
  clocks: PartitionClocks,
  watermark: () => Watermark | "wall" | undefined,
  {
    topic,
    delayMs,
    countPartitions
  }: {
    readonly topic: Topic
    readonly delayMs: number
    readonly countPartitions: Effect.Effect<number, Failure>
  }
) {
  const store = yield* KeyedStore
  const log = logWith(Effect.runForkWith(yield* Effect.context<never>()))
  const isExplained = (yield* Outages).isAnyOpen
  const outage = makeOutage({
    ...{ name: `The timers of ${name}`, ends: "They fire again", log, isExplained, logAfterMs: 3_000 }
  })
  const firing = outage.operation({
    meanwhile: "They fire later, and the clock of their keys stays as it is."
  })
  const figures = yield* makeKeyedFigures(name)

  /** Has done what is due in a partition; returns how much that was. */
  const look = Effect.fnUntraced(function* (partition: number, clock: number) {
    const waiting = yield* store.waiting({ actor: name, topic, partition }, clock)
    if (waiting.due > 0 || waiting.outputs > 0) {
      const partitions = yield* countPartitions
      yield* mailbox.deliver({ topic, partition, records: [], end: "0", clock, partitions }, { events: 0 })
    }
    return waiting
  })

  const tick = Effect.gen(function* () {
    clocks.advance(watermark(), delayMs)
    const owned = clocks.list()
    const waiting = { due: 0, outputs: 0 }
    yield* figures.set("clockLag", clockLag(owned.map(({ clock }) => clock)))
    let failure: Failure | undefined
    for (const { partition, clock } of owned) {
      const found = yield* Effect.result(look(partition, clock))
      if (Result.isFailure(found)) {
        if (found.failure.reason !== "busy") failure = found.failure
        continue
      }
      waiting.due += found.success.due
      waiting.outputs += found.success.outputs
    }
    yield* figures.set("due", waiting.due)
    yield* figures.set("waiting", waiting.outputs)
    if (failure === undefined) firing.worked()
    else firing.failed(failure.message)
  })
  return Effect.andThen(tick, Effect.sleep(tickMs)).pipe(Effect.forever)
})
