/**
 * The state of consumers: tables of counters, changed together with the fences that make each event count once. There are
 * two fences: the offset up to which a partition has been counted (against repeated reading), and the recent event ids
 * (against events that are in the log twice). A topic that was deleted and created again begins at offset 0, below the
 * fence of the deleted log. This is detected when the fence is after the end of its partition, or when an event below it
 * is recent enough that its id would be stored if it had been counted, and is not. Then the fence is reset, and only the
 * ids prevent repeated counting.
 */
import { Context, type Effect } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import type { EventId, Topic } from "../../contracts/ids.ts"
import type { Dependency } from "../dependency.ts"

/** Add `by` (an integer) to `key` of `table`. */
export interface Increment {
  readonly table: string
  readonly key: string
  readonly by: number
}

/** The effect of one record. Without an id only the offset fence applies. */
export interface RecordEffect {
  readonly offset: string
  readonly id: EventId | undefined
  readonly increments: ReadonlyArray<Increment>
}

/**
 * The effects of consecutive records of one partition. `end` is the offset after the partition's last record, as in
 * `RecordBatch`: it reveals a recreated log, until that log is as long as the deleted one.
 */
export interface EffectBatch {
  readonly topic: Topic
  readonly partition: number
  readonly end: string
  readonly effects: ReadonlyArray<RecordEffect>
}

/** The outcome of an `apply`, in records. */
export interface Applied {
  /** Records whose effect was applied now. */
  readonly applied: number
  /** Records below the offset fence, which were counted before. */
  readonly reread: number
  /** Records whose event id was known. */
  readonly duplicates: number
}

/** A row of a table. */
export interface Row {
  readonly key: string
  /** The guaranteed count. */
  readonly count: number
  /** The maximum by which the real count may be larger, for a key that entered a full table; absent: 0. */
  readonly error?: number
}

/**
 * @example
 * const store = yield* ProjectionStore
 * const { applied } = yield* store.apply("views", { topic, partition: 0, end: "1", effects: [effect] })
 */
export class ProjectionStore extends Context.Service<
  ProjectionStore,
  {
    readonly dependency: Dependency
    /** Applies the effects that pass the fences and moves the fences, in one atomic write. */
    readonly apply: (projection: string, batch: EffectBatch) => Effect.Effect<Applied, Failure>
    /** At most `limit` rows with the largest counts including errors, ordered by the guaranteed count, the largest first. */
    readonly top: (
      projection: string,
      table: string,
      limit: number
    ) => Effect.Effect<ReadonlyArray<Row>, Failure>
    /**
     * The number of keys in a table, at most `maxKeys`. Beyond that, the largest keys stay (space-saving.ts), and the counts
     * of the others are under `(other)`.
     */
    readonly size: (projection: string, table: string) => Effect.Effect<number, Failure>
    /** Empties a table. The fences stay: earlier events are not counted again, new ones count from 0. */
    readonly reset: (projection: string, table: string) => Effect.Effect<void, Failure>
  }
>()("spoor/bridge/projection-store") {}

/** The limit of keys in a table: clients choose the names, so memory must be bounded. */
export const maxKeys = 100_000

/** The key that counts all keys without a place in a full table. */
export const otherKey = "(other)"
