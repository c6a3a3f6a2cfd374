/** An event at one stage, before anything of it is decoded: a record of the log, or a copy of what flows. */
import type { LogRecord, RecordBatch } from "../../../bridge/event-log/service.ts"
import { byteStringOf } from "../../../contracts/byte-string.ts"
import type { ByteString } from "../../../contracts/event.ts"
import type { Copies, CopyStage } from "../../../contracts/event-copy.ts"
import { eventId } from "../../../contracts/ids.ts"
import type { Times } from "./messages.ts"

export interface FeedRecord {
  readonly stage: CopyStage
  readonly topic: string
  /** Where it lies in the log; undefined when it is not there (yet). */
  readonly partition: number | undefined
  readonly offset: string | undefined
  /** When this stage had it, milliseconds since 1970; of `stored` the log's own time. */
  readonly timestamp: number
  /** The event id; empty for a record that others wrote. */
  readonly id: string
  /** The record (`enriched`, `stored`) or the line (`raw`, `rejected`). */
  readonly value: ByteString
  readonly times: Times
  /** Of `rejected`. */
  readonly reason?: string
  readonly detail?: string
  readonly by?: string
}

/** Milliseconds as a header has them; undefined for a header that is missing or says something else. */
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

export const feedRecords = (batch: RecordBatch): ReadonlyArray<FeedRecord> =>
  batch.records.map((record) => feedRecord(batch, record))

/** Which of an event's times is that of the stage; a rejection is none of them. */
const timeOf = { raw: "claimed", enriched: "enriched", stored: "logged", rejected: undefined } as const

/** The events that copies tell of. */
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
