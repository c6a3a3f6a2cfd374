/**
 * The position in the log where a page of a search ended, so that the next page continues exactly behind it, also within
 * one millisecond: many records of a batch share a time. Events are ordered by time, topic, partition and offset.
 */
import type { LogRecord, RecordBatch } from "../../../bridge/event-log/service.ts"
import type { EventView } from "../../inspect/events/messages.ts"

/** The position of a page's last event. `timestamp`: ms since 1970. */
export interface Cursor {
  readonly timestamp: number
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
}

export const cursorOf = ({ timestamp, topic, partition = 0, offset = "0" }: EventView): Cursor => ({
  timestamp,
  topic,
  partition,
  offset: BigInt(offset)
})

const compare = (one: Cursor, other: Cursor): number => {
  if (one.timestamp !== other.timestamp) return one.timestamp - other.timestamp
  if (one.topic !== other.topic) return one.topic < other.topic ? -1 : 1
  if (one.partition !== other.partition) return one.partition - other.partition
  return one.offset === other.offset ? 0 : one.offset < other.offset ? -1 : 1
}

/** Compares by position, oldest first. */
export const byPosition = (one: EventView, other: EventView): number =>
  one.timestamp - other.timestamp || compare(cursorOf(one), cursorOf(other))

/** Whether a record lies behind the cursor, or with `newestFirst` before it; true without a cursor. */
export const isPastCursor = (
  cursor: Cursor | undefined,
  { topic, partition }: Pick<RecordBatch, "topic" | "partition">,
  { timestamp, offset }: Pick<LogRecord, "timestamp" | "offset">,
  newestFirst = false
): boolean => {
  if (cursor === undefined) return true
  const order = compare({ timestamp, topic, partition, offset: BigInt(offset) }, cursor)
  return newestFirst ? order < 0 : order > 0
}

/** The text form used in responses and query parameters. */
export const writeCursor = ({ timestamp, topic, partition, offset }: Cursor): string =>
  `${timestamp}.${partition}.${offset}.${topic}`

/** Undefined for an invalid text. */
export const readCursor = (text: string): Cursor | undefined => {
  const [, timestamp, partition, offset, topic] =
    /^(\d{1,15})\.(\d{1,9})\.(\d{1,19})\.([A-Za-z0-9._-]{1,249})$/.exec(text) ?? []
  if (timestamp === undefined || partition === undefined || offset === undefined || topic === undefined) {
    return undefined
  }
  return { timestamp: Number(timestamp), topic, partition: Number(partition), offset: BigInt(offset) }
}
