/**
 * What a message changes in its partition: fires timers and handles events in order, on the state that was loaded, and
 * collects the changes for one commit. Pure: the same input gives the same changes.
 */

import type { NewRecord } from "../../bridge/event-log/service.ts"
import type { KeyedChanges, KeyedPartition, LoadedPartition } from "../../bridge/keyed-store/service.ts"
import type { BatchId, Topic } from "../../contracts/ids.ts"
import { eventId } from "../../contracts/ids.ts"
import { forwardedRecord, usableKey } from "../runtime/inbox/key.ts"
import type { KeyedMessage, KeyedRecord } from "../runtime/inbox/keyed-message.ts"
import type { FiredTimer, KeyedContext, KeyedHandlers, KeyedResult } from "./definition.ts"
import { type DueTimers, makeDueTimers } from "./due-timers.ts"
import { emittedRecord } from "./emission.ts"
import { keyedEventOf, passedOn } from "./keyed-event.ts"
import { maxChangedBytes, maxOutputs, maxTimersFired, maxTimersLoaded } from "./limits.ts"
import { type LoadedStates, loadedStates, type StateCodec } from "./states.ts"

/** An actor as the computation needs it. */
export interface Behaviour<S> {
  readonly handlers: KeyedHandlers<S>
  readonly codec: StateCodec<S>
  /** The topics whose events it handles; undefined: all. */
  readonly topics: ReadonlySet<string> | undefined
  /** The topic of its emissions; undefined when it may not emit. */
  readonly emits: Topic | undefined
  /** True when it may pass events on: the topic that it reads has nothing but copies. */
  readonly forwards?: boolean
}

/** A call of a function that failed: its event was skipped, or its timer removed. */
export interface FailedCall {
  readonly what: string
  readonly message: string
}

/** The outcome of one commit's work. Counts are events unless named otherwise. */
export interface Computed {
  readonly changes: KeyedChanges
  readonly handled: number
  readonly repeated: number
  readonly passedOver: number
  readonly fired: number
  readonly keys: number
  readonly failed: ReadonlyArray<FailedCall>
  /** True when all records of the message and all timers up to its clock are in this commit. */
  readonly isComplete: boolean
}

/** What is collected during one computation. */
interface Work<S> {
  readonly partition: KeyedPartition
  readonly behaviour: Behaviour<S>
  readonly states: LoadedStates<S>
  readonly timers: DueTimers
  readonly outputs: Array<NewRecord>
  readonly failed: Array<FailedCall>
  readonly id: BatchId
  /** Timers are known up to this time; later ones follow in the next commit. */
  readonly knownUpTo: number
  clock: number
  fired: number
  /** The size of the values in `outputs`, bytes. */
  outputBytes: number
}

/** `records`: those of the message that were loaded. `id`: the id of what this commit emits. */
export const compute = <S>(
  partition: KeyedPartition,
  behaviour: Behaviour<S>,
  loaded: LoadedPartition,
  records: ReadonlyArray<KeyedRecord>,
  { clock, partitions }: Pick<KeyedMessage, "clock" | "partitions">,
  id: BatchId
): Computed => {
  const upTo = lastClock(records, clock)
  const work: Work<S> = {
    ...{ partition, behaviour, id, outputs: [], failed: [], clock: loaded.clock, fired: 0 },
    outputBytes: 0,
    states: loadedStates(behaviour.codec, loaded.states),
    timers: makeDueTimers(loaded.timers, Math.max(upTo, loaded.clock)),
    knownUpTo:
      loaded.timers.length < maxTimersLoaded ? Number.POSITIVE_INFINITY : (loaded.timers.at(-1)?.due ?? 0)
  }
  const counts = { effects: 0, repeated: 0, passedOver: 0 }
  let handled = 0
  for (const [i, record] of records.entries()) {
    if (isFull(work) || !advance(work, record.clock)) break
    handled += 1
    if (loaded.verdicts[i] !== "fresh") counts.repeated += 1
    else if (!handleRecord(work, record)) counts.passedOver += 1
    else counts.effects += 1
  }
  const isComplete = handled === records.length && !isFull(work) && advance(work, clock)
  return {
    changes: {
      ...{ fences: loaded.fences, handled, clock: Math.max(0, work.clock), partitions },
      ...{ states: work.states.changes(), timers: work.timers.changes(), outputs: work.outputs }
    },
    handled: counts.effects,
    repeated: counts.repeated,
    passedOver: counts.passedOver,
    ...{ fired: work.fired, keys: work.states.touched(), failed: work.failed, isComplete }
  }
}

/** The latest clock of a message: timers up to it may fire. */
export const lastClock = (records: ReadonlyArray<KeyedRecord>, clock: number): number =>
  records.reduce((latest, record) => Math.max(latest, record.clock), clock)

const isFull = <S>({ outputs, outputBytes, states, fired }: Work<S>): boolean =>
  outputs.length >= maxOutputs ||
  fired >= maxTimersFired ||
  states.changedBytes() + outputBytes >= maxChangedBytes

/** Moves the clock and fires the timers up to it. False when some must wait for the next commit. */
const advance = <S>(work: Work<S>, time: number): boolean => {
  const to = Math.min(Math.max(work.clock, time), work.knownUpTo)
  while (!isFull(work)) {
    const timer = work.timers.take(to)
    if (timer === undefined) {
      work.clock = Math.max(work.clock, to)
      return Math.max(work.clock, time) < work.knownUpTo
    }
    work.clock = Math.max(work.clock, timer.due)
    work.fired += 1
    const { onTimer } = work.behaviour.handlers
    const { key, name, due } = timer
    if (onTimer === undefined) continue
    call(work, key, `timer "${name}" of key "${key}"`, timer.due, (context) =>
      checkTimers(onTimer({ name, due }, context), timer)
    )
  }
  return false
}

/**
 * True for a record that has a key and a topic that the actor reads. The fences do not know the ids of other records, whose
 * absence from the store must not look like a log that was made anew.
 */
export const isOwn = <S>({ topics }: Behaviour<S>, { key, source }: KeyedRecord): boolean =>
  key !== undefined && (topics === undefined || topics.has(source))

/** False when the record is passed over: it is not one of the actor's, or has no readable event. */
const handleRecord = <S>(work: Work<S>, keyed: KeyedRecord): boolean => {
  const { record, key } = keyed
  const { handlers } = work.behaviour
  if (key === undefined || !isOwn(work.behaviour, keyed)) return false
  const event = keyedEventOf(keyed)
  if (event === undefined) return false
  const { topic, partition } = work.partition
  const what = `key "${key}" (${topic} ${partition}, offset ${record.offset}, id ${event.id ?? "none"})`
  call(work, key, what, keyed.at, (context) => handlers.onEvent(event, context))
  return true
}

/** Calls a function and keeps its result, or notes that it failed and keeps nothing of it. */
const call = <S>(
  work: Work<S>,
  key: string,
  what: string,
  time: number,
  run: (context: KeyedContext<S>) => KeyedResult<S>
): void => {
  const { actor } = work.partition
  const state = work.states.get(key)
  try {
    const result = run({ key, state, now: work.clock })
    const index = work.outputs.length
    const emitted = (result.emit ?? []).map((emission, i) => {
      const { emits } = work.behaviour
      if (emits === undefined)
        throw new Error(`${actor} emits a record, but its definition names no topic (emits).`)
      return emittedRecord(emission, { actor, topic: emits, key, time, id: work.id, index: index + i })
    })
    const forwarded = (result.forward ?? []).map(({ key: other, event }, i) => {
      if (work.behaviour.forwards !== true)
        throw new Error(`${actor} passes an event on, but its definition does not compute keys (key).`)
      if (usableKey(other) !== other)
        throw new Error(`An event is passed on to the key ${JSON.stringify(other)}, which is none.`)
      const id = eventId(work.id, index + emitted.length + i)
      return forwardedRecord(passedOn(event), other, work.partition.topic, id, work.clock)
    })
    const timers = Object.entries(result.timers ?? {})
    for (const [name, due] of timers)
      if (due !== undefined && !Number.isFinite(due))
        throw new Error(`The timer "${name}" is due at ${due}, which is no time.`)
    if ("state" in result) work.states.set(key, result.state)
    for (const [name, due] of timers)
      work.timers.set(key, name, due === undefined ? undefined : Math.floor(due))
    for (const output of [...emitted, ...forwarded]) {
      work.outputs.push(output)
      work.outputBytes += output.value.length
    }
  } catch (error) {
    work.failed.push({ what, message: error instanceof Error ? error.message : String(error) })
  }
}

/** A timer that sets a timer for the past would fire for ever. */
const checkTimers = <S>(result: KeyedResult<S>, { due }: FiredTimer): KeyedResult<S> => {
  for (const [name, next] of Object.entries(result.timers ?? {}))
    if (next !== undefined && next <= due)
      throw new Error(`A timer due at ${due} set the timer "${name}" to ${next}: it must be later.`)
  return result
}
