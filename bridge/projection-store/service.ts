/**
 * What consumers keep: tables of counters, changed together with the fences that make each event count once.
 * Two fences: the offset up to which a partition has been counted (against re-reading), and the event ids seen
 * lately (against the same event standing in the log twice). When a topic was deleted and made again, its log begins
 * anew at 0, below a fence that is of a log that is gone. That shows when the fence lies behind the end of its partition,
 * or when an event below it is so young that it would still be remembered if it had been counted, and is not. The fence
 * is set anew then, and the ids alone tell what was seen.
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

/** What one record does. Without an id only the offset fence applies. */
export interface RecordEffect {
  readonly offset: string
  readonly id: EventId | undefined
  readonly increments: ReadonlyArray<Increment>
}

/**
 * The effects of consecutive records of one partition. `end` is the offset behind the partition's last record, as
 * `RecordBatch` has it: by it a log that began anew is told, until it has grown as long as the old one was.
 */
export interface EffectBatch {
  readonly topic: Topic
  readonly partition: number
  readonly end: string
  readonly effects: ReadonlyArray<RecordEffect>
}

export interface Applied {
  /** Records whose effect took place now. */
  readonly applied: number
  /** Records that were below the offset fence, and counted before. */
  readonly reread: number
  /** Records whose event id had been seen. */
  readonly duplicates: number
}

export interface Row {
  readonly key: string
  /** How often it was counted, surely. */
  readonly count: number
  /** How much larger the count may be at most, of a key that came into a full table; 0 where left out. */
  readonly error?: number
}

export class ProjectionStore extends Context.Service<
  ProjectionStore,
  {
    readonly dependency: Dependency
    /** Applies what the fences let through and moves the fences, in one atomic write. All or nothing. */
    readonly apply: (projection: string, batch: EffectBatch) => Effect.Effect<Applied, Failure>
    /** The `limit` rows with the largest counts, their errors included, as many as there are; those with most counted first. */
    readonly top: (
      projection: string,
      table: string,
      limit: number
    ) => Effect.Effect<ReadonlyArray<Row>, Failure>
    /**
     * How many keys a table has, at most `maxKeys`. Of more keys the largest keep their places (space-saving.ts), and what
     * was counted of the others stands under `(other)`.
     */
    readonly size: (projection: string, table: string) => Effect.Effect<number, Failure>
    /** Empties a table. The fences stay: what was counted before is not counted again, what comes is counted from 0. */
    readonly reset: (projection: string, table: string) => Effect.Effect<void, Failure>
  }
>()("spoor/bridge/projection-store") {}

/** The largest number of keys a table may have; names come from anyone, so they must be bounded. */
export const maxKeys = 100_000

/** The key that counts for all keys that have no place in a full table. */
export const otherKey = "(other)"
