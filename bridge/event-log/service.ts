/**
 * The log of finished events: topics made of partitions made of numbered records, read by groups at their own pace.
 */
import { Context, type Effect } from "effect"
import type { Placement } from "../../contracts/batch.ts"
import type { ByteString } from "../../contracts/event.ts"
import type { Failure } from "../../contracts/failure.ts"
import type { Topic } from "../../contracts/ids.ts"
import type { Dependency } from "../dependency.ts"

/** A record to append. Header values are text. */
export interface NewRecord {
  readonly topic: Topic
  readonly key?: string
  readonly value: Uint8Array
  readonly headers: Readonly<Record<string, string>>
}

/** A record as it was read. Offsets are decimal numbers that do not always fit a double. `timestamp`: ms since 1970. */
export interface LogRecord {
  readonly offset: string
  readonly timestamp: number
  readonly key: string | undefined
  readonly value: Uint8Array
  /** The bytes of the value as text, from a log that has it so at less cost. */
  readonly text?: ByteString
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Consecutive records of one partition: at least one, at most 1,000, and 1 MiB of values unless one alone is larger.
 * `end` is the offset behind the partition's last record, to tell the lag.
 */
export interface RecordBatch {
  readonly topic: Topic
  readonly partition: number
  readonly records: ReadonlyArray<LogRecord>
  readonly end: string
}

export interface ReadOptions {
  /** Members of a group share the partitions. */
  readonly group: string
  readonly topics: ReadonlyArray<Topic>
  /**
   * Where a group without a committed place begins: at the oldest record, or (a number) so many records before
   * the end of each partition, and then always there, whatever is committed (for those who only watch).
   */
  readonly from: "oldest" | number
  /** The most batches, each of another partition, that are handled at the same time where the log can; 1 unless said. */
  readonly partitionsAtOnce?: number
}

/** What to look through. A topic that does not exist counts as empty. */
export interface ScanOptions {
  readonly topics: ReadonlyArray<Topic>
  /**
   * Each partition is looked through from its first record of this time or later on (milliseconds since 1970; 0 is all
   * there is). A record's time is that of its append, by the clock of who appended it or of the broker.
   */
  readonly since: number
}

/**
 * How much earlier than a thing happened a look for its record must begin, milliseconds. A record is appended after its
 * batch was claimed, but its time may come from another machine's clock, which may be so much behind.
 */
export const clockSlack = 60_000

/** How an append ended, for each record in the order given: where it lies, or why it can never be stored, in a sentence. */
export type Appended =
  | { readonly stored: true; readonly partition: number; readonly offset: string }
  | { readonly stored: false; readonly why: "too large" | "refused by the log"; readonly reason: string }

export class EventLog extends Context.Service<
  EventLog,
  {
    readonly dependency: Dependency
    /** Makes sure that the topics exist (partitions and replicas as the cluster has them by default). */
    readonly ensureTopics: (topics: ReadonlyArray<Topic>) => Effect.Effect<void, Failure>
    /**
     * Appends the records; returns when all replicas have them. Records without a key go to one partition per
     * topic, chosen by `affinity`, so that sending the same again lands in the same place. A record that its topic can
     * never take is refused alone. Fails with `unavailable` (nothing stored) or `timeout` (may be stored); where that is
     * for good until somebody acts, the seam names it too.
     */
    readonly append: (
      records: ReadonlyArray<NewRecord>,
      affinity: string
    ) => Effect.Effect<ReadonlyArray<Appended>, Failure>
    /**
     * Reads as a member of a group until interrupted, one batch of a partition at a time. A batch's place is
     * committed soon after `handle` has succeeded, at the latest with the last of the batches that were fetched
     * together; when it fails the same batch is handed over again, with growing pauses.
     * Interruption waits for the `handle` under way, and for the commit. Fails only when reading itself is impossible.
     */
    readonly read: <E>(
      options: ReadOptions,
      handle: (batch: RecordBatch) => Effect.Effect<void, E>
    ) => Effect.Effect<never, Failure>
    /**
     * Looks through what the log holds at this moment, outside of any group, each partition in order: `see` gets one
     * batch after another until it returns true (enough) or the ends, as they were at the beginning, are reached. It is
     * told too of how many partitions there is something to see.
     * Returns whether it was enough. Interrupt it at any time. Fails with `unavailable` or `timeout`.
     */
    readonly scan: (
      options: ScanOptions,
      see: (batch: RecordBatch, partitions: number) => boolean
    ) => Effect.Effect<boolean, Failure>
  }
>()("spoor/bridge/event-log") {}

/** Runs of neighbouring places as placements, for a receipt; `at` is when they were appended, milliseconds since 1970. */
export const placements = (
  records: ReadonlyArray<NewRecord>,
  appended: ReadonlyArray<Appended>,
  at: number
): ReadonlyArray<Placement> => {
  type Run = { topic: Topic; partition: number; offset: string; count: number; at: number }
  const runs = new Map<string, Run>()
  // Most records lie behind the one before.
  let run: Run | undefined
  appended.forEach((one, i) => {
    const record = records[i]
    if (!one.stored || record === undefined) return
    const { topic } = record
    const { partition, offset } = one
    if (run?.topic !== topic || run.partition !== partition) {
      const name = `${partition} ${topic}`
      run = runs.get(name) ?? { topic, partition, offset, count: 0, at }
      if (run.count === 0) runs.set(name, run)
    }
    run.count += 1
  })
  return [...runs.values()]
}
