/**
 * The inbox of keyed actors: records of one partition at a time, each with its key and the clock of its partition, and
 * messages without records when time has passed. Where the log is not keyed by the parameter, a re-keyer (rekey.ts) reads
 * it first. Lives as long as one run of its actor.
 */
import { Config, Duration, Effect, Result, type Scope } from "effect"
import {
  EventLog,
  type LogRecord,
  type ReadWatch,
  type RecordBatch
} from "../../../bridge/event-log/service.ts"
import { KeyedStore } from "../../../bridge/keyed-store/service.ts"
import { logWith, makeOutage, Outages } from "../../../bridge/outage.ts"
import { kafkaKeyParam } from "../../../bridge/settings.ts"
import { Failure } from "../../../contracts/failure.ts"
import { Topic } from "../../../contracts/ids.ts"
import { type Setting, setting } from "../../../contracts/setting.ts"
import { duration } from "../../../contracts/setting-readers.ts"
import { readTopics, topicSettings } from "../../transform/topics.ts"
import type { Inbox, StartFailure } from "../actor.ts"
import { Self } from "../actor-context.ts"
import { ensureTopics } from "../ensure-topics.ts"
import type { Mailbox } from "../mailbox.ts"
import { type KeyOf, keyIn, readRekeyed, readSource } from "./key.ts"
import { makeKeyedFigures } from "./keyed-figures.ts"
import type { KeyedMessage } from "./keyed-message.ts"
import { makePartitionClocks, type PartitionClocks, type Watermark } from "./partition-clocks.ts"
import { lagAfter, traced } from "./records.ts"
import { rekeying } from "./rekey.ts"

export const timerDelay = setting(
  "TIMER_DELAY",
  duration("seconds"),
  Duration.seconds(10),
  "How far the clock of keyed actors stays behind: time for records that are on their way to the log, and for differences between the clocks of machines.",
  "10s"
)

export const rekeyPrefix = setting(
  "REKEY_PREFIX",
  Config.String,
  "spoor-by-",
  "How the topics with events by key begin, and their consumer groups; the parameter follows, or the actor that computes the key. Another one for each Spoor that shares a Kafka."
)

export interface KeyedInbox {
  /** The actor's name; its consumer group is `spoor-<name>`. */
  readonly name: string
  readonly key: string | Setting<string> | ComputedKey
  /** Topics other than those of the settings. */
  readonly topics: ReadonlyArray<string> | undefined
  /** A further topic to create: that of the actor's results. */
  readonly creates: Effect.Effect<Topic | undefined, StartFailure>
}

/** A key that is computed from each record: the records are always copied, to the topic REKEY_PREFIX and the actor's name. */
export interface ComputedKey {
  readonly keyOf: Effect.Effect<KeyOf, StartFailure>
  /** Topics without which the actor has nothing to do: the settings must name them. */
  readonly needs: ReadonlyArray<string>
}

const isComputed = (key: KeyedInbox["key"]): key is ComputedKey => typeof key === "object" && "keyOf" in key

/** How often time is looked at, milliseconds. */
const tickMs = 1_000

/** What the settings say about where the records of a key are. */
interface Placement {
  /** The parameter, or the actor that computes the key. */
  readonly param: string
  readonly keyOf: KeyOf
  /** The topics whose events the actor handles, and those that are read or copied. */
  readonly own: ReadonlyArray<Topic>
  readonly sources: ReadonlyArray<Topic>
  /** The topic that is read, in which all records of a key are in one partition. */
  readonly topic: Topic
  /** True when events have to be copied to `topic` first. */
  readonly isRekeyed: boolean
  /** True when every record of the topic has its key; else all of them are in one partition. */
  readonly hasKeys: boolean
  readonly delayMs: number
}

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

const readPlacement = ({
  name,
  key: given,
  topics,
  creates
}: KeyedInbox): Effect.Effect<Placement, StartFailure> =>
  Effect.gen(function* () {
    const computed = isComputed(given) ? yield* given.keyOf : undefined
    const param = typeof given === "string" ? given : isComputed(given) ? name : yield* given.config
    const { all } = yield* readTopics
    const own = topics === undefined ? all : all.filter((topic) => topics.includes(topic))
    const wanted = [...(topics ?? []), ...(isComputed(given) ? given.needs : [])]
    const missing = wanted.find((topic) => !all.some((one) => one === topic))
    if (missing !== undefined)
      return yield* new Failure({
        reason: "misconfigured",
        message: `${name} reads the topic "${missing}", which is none of KAFKA_TOPIC and KAFKA_TOPICS: add it there.`
      })
    const keyOf = computed ?? ((record: LogRecord) => keyIn(record, param))
    const keys = { param, keyOf }
    // Records of the same millisecond may follow.
    const delayMs = Math.max(1, Duration.toMillis(yield* timerDelay.config))
    const keyed = yield* kafkaKeyParam.config
    const [only] = own
    // Records of several topics with one key would be read by several processes.
    if (computed === undefined && keyed === param && only !== undefined && own.length === 1)
      return { ...keys, own, sources: own, topic: only, isRekeyed: false, hasKeys: true, delayMs }
    const topic = `${yield* rekeyPrefix.config}${param}`
    if (!/^[A-Za-z0-9._-]{1,249}$/.test(topic)) {
      const what =
        typeof given === "string" ? "the parameter" : isComputed(given) ? "the actor's name" : given.name
      return yield* new Failure({
        reason: "misconfigured",
        message: `REKEY_PREFIX and ${what} make "${topic}", which is not a valid name of a Kafka topic: use letters, digits, ".", "_" and "-", at most 249.`
      })
    }
    const results = yield* creates
    if ([...all, results].some((one) => one === topic))
      return yield* new Failure({
        reason: "misconfigured",
        message: `${name} would copy events to "${topic}", which is one of KAFKA_TOPIC and KAFKA_TOPICS or the topic of its results, and then copy the copies again: choose another REKEY_PREFIX, or remove that topic.`
      })
    // All actors with this parameter share the copies, so that all topics are copied whichever of them this one reads.
    return { ...keys, own, sources: all, topic: Topic.make(topic), isRekeyed: true, hasKeys: true, delayMs }
  })

/** A topic of the log in a file has one partition: all records of a key are in it already. */
const inOnePartition = (log: EventLog["Service"], placement: Placement): Placement => {
  const { own } = placement
  const [only] = own
  return log.dependency.kind === "sqlite" && own.length === 1 && only !== undefined
    ? { ...placement, sources: own, topic: only, isRekeyed: false, hasKeys: false }
    : placement
}

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
