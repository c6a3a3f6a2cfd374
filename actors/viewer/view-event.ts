/** A record of the log as the page shows it: text in fixed places, and all its parts decoded. */
import { Buffer } from "node:buffer"
import type { RecordBatch } from "../../bridge/event-log/service.ts"
import { type Bytes, textOf } from "../../contracts/event.ts"
import { ipText } from "../../contracts/wire/ip-text.ts"
import { type Param, parseParams } from "../../contracts/wire/params.ts"
import { eventType, parseRecord } from "../../contracts/wire/record.ts"

/** A record and where it lies. */
export interface FeedRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  /** When the log took it, milliseconds since 1970. */
  readonly timestamp: number
  /** The event id of its header; empty without one. */
  readonly id: string
  readonly value: Bytes
}

/** What a client gets of it; everything but the first five is empty for a record that cannot be read. */
export interface ViewEvent extends Omit<FeedRecord, "value"> {
  readonly raw: string
  readonly type: string
  /** Milliseconds between the edge and the enricher. */
  readonly klag: number | undefined
  readonly address: string
  readonly country: string
  readonly device: string
  readonly meta: ReadonlyArray<Param>
  readonly params: ReadonlyArray<Param>
}

/** The records of a batch with their places. */
export const feedRecords = ({ topic, partition, records }: RecordBatch): ReadonlyArray<FeedRecord> =>
  records.map(({ offset, timestamp, headers, value }) => ({
    topic,
    partition,
    offset,
    timestamp,
    id: headers.id ?? "",
    value: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1") as Bytes
  }))

/** The event type of a record, also of one that cannot be read: its first part, of a path the last segment. */
export const typeOf = (value: Bytes): string => {
  const space = value.indexOf(" ")
  const event = (space === -1 ? value : value.slice(0, space)) as Bytes
  return textOf(event.startsWith("/") ? eventType(event) : event)
}

export const viewEvent = ({ value, ...place }: FeedRecord): ViewEvent => {
  const parsed = parseRecord(value)
  const meta = new Map(parsed?.meta)
  const isSeconds = parsed?.dialect === "adtekio"
  const klag = Number.parseInt(meta.get("klag") ?? "", 10)
  return {
    ...place,
    raw: textOf(value),
    type: typeOf(value),
    klag: Number.isNaN(klag) ? undefined : klag * (isSeconds ? 1000 : 1),
    address: ipText(meta.get("ip") ?? "", parsed?.dialect ?? "pushtech"),
    country: meta.get("country") ?? "",
    device: meta.get("type") || meta.get("bot_name") || meta.get("device") || "",
    meta: parsed?.meta ?? [],
    params: parsed === undefined ? [] : parseParams(parsed.params)
  }
}
