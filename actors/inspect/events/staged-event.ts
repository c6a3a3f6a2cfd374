/** An event at one stage, not decoded yet: a record of the log, or a copy of an event in flight. Pure. */
import type { LogRecord, RecordBatch } from "../../../bridge/event-log/service.ts"
import { byteStringOf } from "../../../contracts/byte-string.ts"
import type { ByteString } from "../../../contracts/event.ts"
import type { Copies, CopyStage } from "../../../contracts/event-copy.ts"
import { eventId } from "../../../contracts/ids.ts"
import type { Times } from "./messages.ts"

export interface FeedRecord {
  readonly stage: CopyStage
  readonly topic: string
  /** Its place in the log; undefined if it is not there (yet). */
  readonly partition: number | undefined
  readonly offset: string | undefined
  /** When it passed this stage, milliseconds since 1970; for `stored` the log's own time. */
  readonly timestamp: number
  /** The event id; empty for a record of another program. */
  readonly id: string
  /** The record (`enriched`, `stored`) or the line (`raw`, `rejected`). */
  readonly value: ByteString
  readonly times: Times
  /** Only for `rejected`. */
  readonly reason?: string
  readonly detail?: string
  readonly by?: string
}

/** The milliseconds in a header; undefined if it is missing or invalid. */
const millis = (header: string | undefined): number | undefined =>
  header !== undefined && /^\d{1,16}$/.test(header) ? Number(header) : undefined

/** A record of the log with its place. */
export const feedRecord = (
  { topic, partition }: Pick<RecordBatch, "topic" | "partition">,
  record: LogRecord
): FeedRecord => {
  const { offset, timestamp, headers } = record
  const times: { -readonly [K in keyof Times]: Times[K] } = { logged: timestamp }
  for (const stage of ["received", "claimed", "enriched", "sent"] as const) {
    const at = millis(headers[stage])
    if (at !== undefined) times[stage] = at
  }
  const place = { topic, partition, offset, timestamp }
  return {
    stage: "stored",
    ...place,
    id: headers.id ?? "",
    value: record.text ?? byteStringOf(record.value),
    times
  }
}

/** The time that belongs to each stage; a rejection has none. */
const timeOf = { raw: "claimed", enriched: "enriched", stored: "logged", rejected: undefined } as const

/** The events in a message of copies. */
export const copiedRecords = ({ stage, topic, batch, at, events }: Copies): ReadonlyArray<FeedRecord> => {
  const time = timeOf[stage]
  const times: Times = time === undefined ? {} : { [time]: at }
  return events.map(({ index, line, record, partition, offset, reason, detail, by }) => ({
    stage,
    topic,
    partition,
    offset,
    timestamp: at,
    id: eventId(batch, index),
    value: record ?? line ?? ("" as ByteString),
    times,
    ...(reason === undefined ? {} : { reason }),
    ...(detail === undefined ? {} : { detail }),
    ...(by === undefined ? {} : { by })
  }))
}
