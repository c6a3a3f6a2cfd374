/**
 * Where a page of a search ended, so that the next one begins right behind it, also within one millisecond: many records
 * of a batch have the same time. Events are in the order of time, topic, partition and offset.
 */
import type { LogRecord, RecordBatch } from "../../../bridge/event-log/service.ts"
import type { EventView } from "../../inspect/events/messages.ts"

/** The last event of a page, by its place in the log. `timestamp`: milliseconds since 1970. */
export interface Cursor {
  readonly timestamp: number
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
}

/** The cursor behind an event. */
export const placeOf = ({ timestamp, topic, partition = 0, offset = "0" }: EventView): Cursor => ({
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

/** The order of events in a search, the oldest first; turned round, the newest first. */
export const inOrder = (one: EventView, other: EventView): number =>
  one.timestamp - other.timestamp || compare(placeOf(one), placeOf(other))

/** Does a record come behind the cursor, or with `newestFirst` before it? All do where there is none. */
export const isBehind = (
  cursor: Cursor | undefined,
  { topic, partition }: Pick<RecordBatch, "topic" | "partition">,
  { timestamp, offset }: Pick<LogRecord, "timestamp" | "offset">,
  newestFirst = false
): boolean => {
  if (cursor === undefined) return true
  const order = compare({ timestamp, topic, partition, offset: BigInt(offset) }, cursor)
  return newestFirst ? order < 0 : order > 0
}

/** As it stands in an answer and in an address. */
export const writeCursor = ({ timestamp, topic, partition, offset }: Cursor): string =>
  `${timestamp}.${partition}.${offset}.${topic}`

/** Undefined for what is no cursor. */
export const readCursor = (text: string): Cursor | undefined => {
  const [, timestamp, partition, offset, topic] =
    /^(\d{1,15})\.(\d{1,9})\.(\d{1,19})\.([A-Za-z0-9._-]{1,249})$/.exec(text) ?? []
  if (timestamp === undefined || partition === undefined || offset === undefined || topic === undefined) {
    return undefined
  }
  return { timestamp: Number(timestamp), topic, partition: Number(partition), offset: BigInt(offset) }
}
