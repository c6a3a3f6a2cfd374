/**
 * The log of finished events: topics consist of partitions, partitions of numbered records; groups read independently.
 */
import { Context, type Effect } from "effect"
import type { Placement } from "../../contracts/batch.ts"
import type { ByteString } from "../../contracts/event.ts"
import type { Failure } from "../../contracts/failure.ts"
import type { Topic } from "../../contracts/ids.ts"
import type { Dependency } from "../dependency.ts"

/** A record to append. */
export interface NewRecord {
  readonly topic: Topic
  readonly key?: string
  readonly value: Uint8Array
  readonly headers: Readonly<Record<string, string>>
}

/** A stored record. The offset is a decimal number of up to 64 bits. `timestamp`: ms since 1970. */
export interface LogRecord {
  readonly offset: string
  readonly timestamp: number
  readonly key: string | undefined
  readonly value: Uint8Array
  /** The value as a `ByteString`, from a log that has it without a conversion. */
  readonly text?: ByteString
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Consecutive records of one partition: at least one, at most 1,000, and 1 MiB of values unless a single one is larger.
 * `end` is the offset after the partition's last record, from which the lag follows.
 */
export interface RecordBatch {
  readonly topic: Topic
  readonly partition: number
  readonly records: ReadonlyArray<LogRecord>
  readonly end: string
}

export interface ReadOptions {
  /** The members of a group share the partitions. */
  readonly group: string
  readonly topics: ReadonlyArray<Topic>
  /**
   * Where a group without a committed offset begins: at the oldest record, at the first record at or after a time (ms since
   * 1970), or (a number) that many records before the end of each partition. Where a time begins is committed at once. With
   * a number the group always begins there and commits nothing: for watchers.
   */
  readonly from: "oldest" | { readonly since: number } | number
  /** Batches, each of another partition, that may be handled at the same time; default 1. A log may use fewer. */
  readonly partitionsAtOnce?: number
  /** Learns of the member's partitions. For a group with committed offsets. */
  readonly watch?: ReadWatch | undefined
}

export interface LogPartition {
  readonly topic: Topic
  readonly partition: number
}

/** What a member of a group learns of its partitions besides their records, also of those without records. */
export interface ReadWatch {
  /** The member owns these partitions and no others. */
  readonly owned: (partitions: ReadonlyArray<LogPartition>) => void
  /**
   * The group has handled every record that the partition had at `asOf`, milliseconds since 1970. Called at least every
   * few seconds while the member owns the partition and has read it to its end.
   */
  readonly caughtUp: (partition: LogPartition, asOf: number) => void
}

/** The consumer groups of a reader: one, or with `isPrefix` a new one for each watcher, whose name begins with `name`. */
export interface ReaderGroup {
  readonly name: string
  readonly isPrefix: boolean
}

/** The scope of a scan. A topic that does not exist counts as empty. */
export interface ScanOptions {
  readonly topics: ReadonlyArray<Topic>
  /**
   * Each partition is scanned from its first record at or after this time (milliseconds since 1970; 0: all records). The
   * time of a record is that of its append, by the clock of the appender or the broker.
   */
  readonly since: number
}

/**
 * How much earlier than an event a scan for its record must begin, milliseconds: the time of a record may come from the
 * clock of another machine, which may be slow by as much.
 */
export const clockSlack = 60_000

/** The outcome of an append for one record: its position, or why it can never be stored, as a sentence. */
export type Appended =
  | { readonly stored: true; readonly partition: number; readonly offset: string }
  | { readonly stored: false; readonly why: "too large" | "refused by the log"; readonly reason: string }

/**
 * @example
 * const log = yield* EventLog
 * yield* log.ensureTopics([topic])
 * const [outcome] = yield* log.append([{ topic, value, headers: {} }], "batch-1")
 * yield* log.read({ group: "audit", topics: [topic], from: "oldest" }, (batch) => Effect.log(batch.records.length))
 */
export class EventLog extends Context.Service<
  EventLog,
  {
    readonly dependency: Dependency
    /** Creates missing topics, with the cluster's default partitions and replicas. */
    readonly ensureTopics: (topics: ReadonlyArray<Topic>) => Effect.Effect<void, Failure>
    /** The number of partitions of each topic now. Fails with `unavailable`, also for a topic that does not exist. */
    readonly partitions: (topics: ReadonlyArray<Topic>) => Effect.Effect<ReadonlyMap<Topic, number>, Failure>
    /**
     * Appends the records; returns when all replicas have them, with an outcome per record, in order. Records without a key
     * go to one partition per topic, chosen by `affinity`, so that a repeated append goes to the same partition. A record
     * that its topic can never store fails alone. Fails with `unavailable` (nothing stored) or `timeout` (may be stored);
     * a permanent refusal is also in the `refusals` of `dependency`.
     */
    readonly append: (
      records: ReadonlyArray<NewRecord>,
      affinity: string
    ) => Effect.Effect<ReadonlyArray<Appended>, Failure>
    /**
     * Reads as a member of a group until interrupted, one batch of a partition at a time. The offset of a batch is committed
     * soon after `handle` succeeded, at the latest with the last of the batches that were fetched together. When `handle`
     * fails or crashes, the same batch is delivered again, with increasing delays. An interruption waits for the running
     * `handle` and the commit. Fails only when reading is impossible.
     */
    readonly read: <E>(
      options: ReadOptions,
      handle: (batch: RecordBatch) => Effect.Effect<void, E>
    ) => Effect.Effect<never, Failure>
    /**
     * Scans the current content of the log, outside of any group, each partition in order: `see` gets one batch after
     * another until it returns true (enough), or the ends at the start of the scan are reached. Its second parameter is
     * the number of partitions with records in the range. Returns whether `see` returned true. May be interrupted at any
     * time. Fails with `unavailable` or `timeout`.
     */
    readonly scan: (
      options: ScanOptions,
      see: (batch: RecordBatch, partitions: number) => boolean
    ) => Effect.Effect<boolean, Failure>
  }
>()("spoor/bridge/event-log") {}

/** Groups consecutive records into placements for a receipt; `at`: when they were appended, milliseconds since 1970. */
export const placements = (
  records: ReadonlyArray<NewRecord>,
  appended: ReadonlyArray<Appended>,
  at: number
): ReadonlyArray<Placement> => {
  type Run = { topic: Topic; partition: number; offset: string; count: number; at: number }
  const runs = new Map<string, Run>()
  // Most records follow the previous one.
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
