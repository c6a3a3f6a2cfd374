/** The messages of keyed actors: records of one partition with their keys and clocks, or only the partition's clock. */
import type { LogRecord } from "../../../bridge/event-log/service.ts"
import type { Topic } from "../../../contracts/ids.ts"

/** A record with its key. Times are milliseconds since 1970. */
export interface KeyedRecord {
  readonly record: LogRecord
  /** Undefined for a record that no key handles: it is passed over. */
  readonly key: string | undefined
  /** The topic in which the log stored the event first, and when. */
  readonly source: Topic
  readonly at: number
  /** The clock of the partition before this record: no earlier event can follow it. */
  readonly clock: number
  /** Undefined for a record that comes from the log; else an event that another key has passed on. */
  readonly forwarded?: Forwarded | undefined
}

/** An event that was passed on: its own id (that of the record is new), and how many keys have passed it on. */
export interface Forwarded {
  readonly id: string | undefined
  readonly hops: number
}

export interface KeyedMessage {
  readonly topic: Topic
  readonly partition: number
  /** Consecutive; none when only time has passed. */
  readonly records: ReadonlyArray<KeyedRecord>
  /** The offset after the partition's last record. */
  readonly end: string
  /** The clock of the partition after the records. */
  readonly clock: number
  /** The number of partitions of the topic, by which keys are distributed. */
  readonly partitions: number
}
