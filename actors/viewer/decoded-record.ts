/**
 * A record of the log whose bytes are decoded and split at most once, by whichever part of the viewer needs them first:
 * the live feed, its filters and the series share the result. Lives as long as the record's batch, or as the feed keeps it.
 */
import type { LogRecord, RecordBatch } from "../../bridge/event-log/service.ts"
import { byteStringOf } from "../../contracts/byte-string.ts"
import type { ByteString } from "../../contracts/event.ts"
import { type SplitRecord, splitRecord } from "../../contracts/wire/record.ts"

export class DecodedRecord implements LogRecord {
  readonly offset: string
  readonly timestamp: number
  private readonly source: LogRecord
  private knownHeaders: LogRecord["headers"] | undefined
  private knownText: ByteString | undefined
  private knownSplit: SplitRecord | "none" | undefined

  constructor(source: LogRecord) {
    this.offset = source.offset
    this.timestamp = source.timestamp
    this.source = source
  }

  get key(): string | undefined {
    return this.source.key
  }

  get value(): Uint8Array {
    return this.source.value
  }

  get headers(): LogRecord["headers"] {
    this.knownHeaders ??= this.source.headers
    return this.knownHeaders
  }

  /** The value, one character per byte. */
  get text(): ByteString {
    this.knownText ??= this.source.text ?? byteStringOf(this.source.value)
    return this.knownText
  }

  /** The parts of the record; undefined when it does not follow the contract. */
  get split(): SplitRecord | undefined {
    this.knownSplit ??= splitRecord(this.text) ?? "none"
    return this.knownSplit === "none" ? undefined : this.knownSplit
  }
}

export const decodedRecord = (record: LogRecord): DecodedRecord =>
  record instanceof DecodedRecord ? record : new DecodedRecord(record)

/** The same batch, with records that share their decoding. */
export const decodedBatch = (batch: RecordBatch): RecordBatch => ({
  ...batch,
  records: batch.records.map(decodedRecord)
})
