/**
 * The state of keyed actors: for each key of an actor its state and its timers. All of it is divided by partition of the
 * topic that the actor reads, and every partition has a version. A write of a partition is one atomic step that names the
 * version it was computed from: of two processes that both believe they own a partition, the first one writes and the
 * other one gets a conflict, loads again, and finds its records below the fence. Fences are those of the projection store:
 * the offset up to which a partition was handled, and the recent event ids.
 */
import { Context, type Effect } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import type { Topic } from "../../contracts/ids.ts"
import type { Dependency } from "../dependency.ts"
import type { NewRecord } from "../event-log/service.ts"
import type { LoadedFences, RecordRef, Verdict } from "./fences.ts"

/** One partition of the state of one actor. */
export interface KeyedPartition {
  readonly actor: string
  readonly topic: Topic
  readonly partition: number
}

/** A timer of a key; `due` in milliseconds since 1970, on the clock of the partition. */
export interface KeyedTimer {
  readonly key: string
  readonly name: string
  readonly due: number
}

/** What to load. Records are consecutive ones of the partition; `end` is the offset after its last record. */
export interface LoadRequest {
  readonly records: ReadonlyArray<RecordRef>
  readonly end: string
  /** The keys whose state is wanted. */
  readonly keys: ReadonlyArray<string>
  /**
   * Wanted are the timers due at or before this time, and those at or before the partition's clock that a crash kept from
   * firing: at most `maxTimers`, with the states of their keys.
   */
  readonly timersUpTo: number
  readonly maxTimers: number
}

export interface LoadedPartition {
  /** The version that a commit must name; 0 for a partition without state. */
  readonly version: number
  /** The partition's clock at its last commit, milliseconds since 1970; 0 before. */
  readonly clock: number
  /** The number of partitions of the topic at the last commit; undefined before. */
  readonly partitions: number | undefined
  /** For each record, in order. */
  readonly verdicts: ReadonlyArray<Verdict>
  /** The states of the keys that have one: of the wanted keys, and of the keys of the timers. */
  readonly states: ReadonlyMap<string, Uint8Array>
  /** The timers in the order in which they fire: by time, then key and name. */
  readonly timers: ReadonlyArray<KeyedTimer>
  /** For the commit. */
  readonly fences: LoadedFences
}

/** A timer to set (`due`) or to remove (undefined). */
export interface TimerChange {
  readonly key: string
  readonly name: string
  readonly due: number | undefined
}

/** The changes of one commit. */
export interface KeyedChanges {
  /** As loaded; the first `handled` records were handled, those after them stay for the next commit. */
  readonly fences: LoadedFences
  readonly handled: number
  readonly clock: number
  readonly partitions: number
  /** New states by key; undefined removes the state. */
  readonly states: ReadonlyMap<string, Uint8Array | undefined>
  readonly timers: ReadonlyArray<TimerChange>
  /** Records that wait for their append to the log. */
  readonly outputs: ReadonlyArray<NewRecord>
}

/** A record that waits for its append. `place` grows by one with each output of the partition and is never used again. */
export interface WaitingOutput {
  readonly place: number
  readonly record: NewRecord
}

/** The figures of a partition: timers due at a time, and records that wait for their append. */
export interface WaitingWork {
  readonly due: number
  readonly outputs: number
}

/**
 * @example
 * const store = yield* KeyedStore
 * const loaded = yield* store.load(partition, { records, end, keys: ["device-1"], timersUpTo: now, maxTimers: 100 })
 * const isCommitted = yield* store.commit(partition, loaded.version, changes)
 */
export class KeyedStore extends Context.Service<
  KeyedStore,
  {
    readonly dependency: Dependency
    /** The state of a partition for a batch of its records. Fails with `unreadable` for an invalid or not ascending offset. */
    readonly load: (
      partition: KeyedPartition,
      request: LoadRequest
    ) => Effect.Effect<LoadedPartition, Failure>
    /** Writes all changes in one atomic step when the partition still has that version; false, with nothing done, when not. */
    readonly commit: (
      partition: KeyedPartition,
      version: number,
      changes: KeyedChanges
    ) => Effect.Effect<boolean, Failure>
    /** How much waits in a partition whose clock is `clock`. */
    readonly waiting: (partition: KeyedPartition, clock: number) => Effect.Effect<WaitingWork, Failure>
    /** The oldest records that wait for their append, at most `limit`. */
    readonly outputs: (
      partition: KeyedPartition,
      limit: number
    ) => Effect.Effect<ReadonlyArray<WaitingOutput>, Failure>
    /** Removes the waiting records up to that place, when the log has confirmed them. */
    readonly appended: (partition: KeyedPartition, upTo: number) => Effect.Effect<void, Failure>
    /**
     * Notes up to which time (ms since 1970) the records of these source partitions were copied to the re-keyed topic,
     * and returns what is known of all source partitions. A time never decreases.
     */
    readonly rekeyed: (
      topic: Topic,
      times: ReadonlyMap<string, number>
    ) => Effect.Effect<ReadonlyMap<string, number>, Failure>
  }
>()("spoor/bridge/keyed-store") {}
