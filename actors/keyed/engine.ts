/**
 * Handles the messages of a keyed actor: loads the state of a partition, computes, commits with the version it has loaded,
 * and appends what was emitted. When another process has committed meanwhile, it loads and computes again. Lives as long
 * as one run of the actor; keeps nothing of a key.
 */
import { Clock, Effect, Result, Semaphore } from "effect"
import type { EventLog } from "../../bridge/event-log/service.ts"
import type { KeyedPartition, KeyedStore, LoadedPartition } from "../../bridge/keyed-store/service.ts"
import { Failure } from "../../contracts/failure.ts"
import { fenceIdOf } from "../runtime/inbox/key.ts"
import type { KeyedFigures } from "../runtime/inbox/keyed-figures.ts"
import type { KeyedMessage, KeyedRecord } from "../runtime/inbox/keyed-message.ts"
import type { Meter } from "../runtime/metrics.ts"
import { type Behaviour, type Computed, compute, type FailedCall, isOwn, lastClock } from "./compute.ts"
import { commitId } from "./emission.ts"
import { maxTimersLoaded, maxWaitingOutputs } from "./limits.ts"

export interface EngineParts<S> {
  readonly actor: string
  readonly behaviour: Behaviour<S>
  readonly log: Pick<EventLog["Service"], "append">
  readonly store: KeyedStore["Service"]
  readonly meter: Pick<Meter, "count">
  readonly figures: KeyedFigures
}

/** Records appended at once. */
const maxAppended = 500

/** After this many conflicts in a row the message fails, and is delivered again later. */
const maxConflicts = 20

/** The handler of a keyed actor: all effects of the message are committed when it returns. */
export const makeEngine = <S>(
  parts: EngineParts<S>
): ((message: KeyedMessage) => Effect.Effect<void, Failure>) => {
  const locks = new Map<string, Semaphore.Semaphore>()
  const checkPartitions = makePartitionsCheck(parts)
  /** Only records and time of the same partition wait for each other. */
  const lockOf = ({ topic, partition }: KeyedMessage): Semaphore.Semaphore => {
    const name = `${topic}-${partition}`
    const lock = locks.get(name) ?? Semaphore.makeUnsafe(1)
    locks.set(name, lock)
    return lock
  }
  return (message) =>
    Effect.suspend(() => lockOf(message).withPermits(1)(handle(parts, message, checkPartitions)))
}

const handle = Effect.fnUntraced(function* <S>(
  parts: EngineParts<S>,
  message: KeyedMessage,
  checkPartitions: PartitionsCheck
) {
  const { actor, store, figures } = parts
  const { topic, partition, end } = message
  const place: KeyedPartition = { actor, topic, partition }
  let records = message.records
  let conflicts = 0
  while (true) {
    const loaded = yield* store.load(place, {
      records: records.map((keyed) => ({
        offset: keyed.record.offset,
        id: isOwn(parts.behaviour, keyed) ? fenceIdOf(keyed.record) : undefined
      })),
      end,
      keys: keysOf(records),
      timersUpTo: lastClock(records, message.clock),
      maxTimers: maxTimersLoaded
    })
    yield* checkPartitions(place, loaded, message)
    const now = yield* Clock.currentTimeMillis
    const computed = yield* Effect.try({
      try: () =>
        compute(place, parts.behaviour, loaded, records, message, commitId(place, loaded.version + 1, now)),
      catch: (error) => asFailure(error)
    })
    if (hasEffects(computed)) {
      if (!(yield* store.commit(place, loaded.version, computed.changes))) {
        yield* figures.add("conflicts", 1)
        conflicts += 1
        if (conflicts >= maxConflicts) return yield* busy(place)
        continue
      }
      yield* figures.add("commits", 1)
    }
    conflicts = 0
    yield* report(parts, computed)
    records = records.slice(computed.changes.handled)
    if (computed.isComplete) break
  }
  yield* flush(parts, place)
})

/** Appends the waiting outputs and removes them when the log has confirmed them. A failure leaves them for the next time. */
const flush = Effect.fnUntraced(function* <S>(parts: EngineParts<S>, place: KeyedPartition) {
  const { store, log, figures, meter } = parts
  if (parts.behaviour.emits === undefined && parts.behaviour.forwards !== true) return
  const appending = Effect.gen(function* () {
    while (true) {
      const waiting = yield* store.outputs(place, maxAppended)
      const last = waiting.at(-1)
      if (last === undefined) return
      const records = waiting.map(({ record }) => record)
      const appended = yield* log.append(records, records[0]?.headers.id ?? "")
      const refused = appended.flatMap((one) => (one.stored ? [] : [one.reason]))
      if (refused.length > 0) {
        yield* meter.count("rejected", refused.length, "refused by the log")
        yield* Effect.logWarning(
          `${refused.length} emitted records cannot be stored and are dropped: ${refused[0]}`
        )
      }
      yield* store.appended(place, last.place)
      yield* figures.add("emitted", appended.length - refused.length)
    }
  })
  const result = yield* Effect.result(appending)
  if (Result.isSuccess(result)) return
  const { outputs } = yield* store.waiting(place, Number.NEGATIVE_INFINITY)
  if (outputs > maxWaitingOutputs) return yield* result.failure
})

const keysOf = (records: ReadonlyArray<KeyedRecord>): ReadonlyArray<string> => [
  ...new Set(records.flatMap(({ key }) => (key === undefined ? [] : [key])))
]

/** Records that were handled before, or that no key handles, need no commit. */
const hasEffects = ({ handled, fired }: Computed): boolean => handled > 0 || fired > 0

const report = Effect.fnUntraced(function* <S>(
  { actor, meter, figures }: EngineParts<S>,
  computed: Computed
) {
  yield* meter.count("repeated", computed.repeated, "seen before")
  yield* figures.add("passedOver", computed.passedOver)
  yield* figures.add("fired", computed.fired)
  yield* figures.add("keys", computed.keys)
  if (computed.failed.length > 0) {
    yield* meter.count("rejected", computed.failed.length, "crashed")
    yield* Effect.logWarning(failedSentence(actor, computed.failed))
  }
})

const failedSentence = (actor: string, failed: ReadonlyArray<FailedCall>): string => {
  const named = failed.slice(0, 3).map(({ what, message }) => `${what}: ${message}`)
  return `${failed.length} events or timers were skipped, because a function of ${actor} failed on them: ${named.join(" · ")}${
    failed.length > named.length ? " · …" : ""
  }`
}

type PartitionsCheck = (
  place: KeyedPartition,
  loaded: LoadedPartition,
  message: KeyedMessage
) => Effect.Effect<void, Failure>

/**
 * A key's partition depends on their number: with another number, states would be looked up where they are not. A
 * partition without state may be a new one, so the others are looked at too, once for each topic and number.
 */
const makePartitionsCheck = <S>({ store }: Pick<EngineParts<S>, "store">): PartitionsCheck => {
  const checked = new Set<string>()
  const nothing = { records: [], end: "0", keys: [], timersUpTo: Number.NEGATIVE_INFINITY, maxTimers: 0 }
  const storedNumber = Effect.fnUntraced(function* (place: KeyedPartition, count: number) {
    for (let partition = 0; partition < count; partition++) {
      const { partitions } = yield* store.load({ ...place, partition }, nothing)
      if (partitions !== undefined) return partitions
    }
    return undefined
  })
  return Effect.fnUntraced(function* (place, loaded, { topic, partitions }) {
    const name = `${topic} ${partitions}`
    if (loaded.partitions === undefined && checked.has(name)) return
    const stored = loaded.partitions ?? (yield* storedNumber(place, partitions))
    if (stored === undefined || stored === partitions) {
      checked.add(name)
      return
    }
    return yield* new Failure({
      reason: "unavailable",
      message: `The topic ${topic} has ${partitions} partitions, but ${place.actor} keeps its state for ${stored}: the number must not change, because it says where a key belongs.`
    })
  })
}

const busy = ({ actor, topic, partition }: KeyedPartition): Effect.Effect<never, Failure> =>
  Effect.fail(
    new Failure({
      reason: "busy",
      message: `Another process writes the state of ${actor} for ${topic} ${partition} all the time: two processes must not own one partition.`
    })
  )

const asFailure = (error: unknown): Failure =>
  error instanceof Failure ? error : new Failure({ reason: "crashed", message: String(error) })
