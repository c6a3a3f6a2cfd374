/**
 * What was fetched of a partition at a time, taken apart into batches as the log hands them over. What
 * is packed is unpacked when its turn comes: up to then, hundreds of thousands of records are some bytes each.
 */
import type { Topic } from "../../../contracts/ids.ts"
import { maxBatchBytes, maxBatchRecords } from "../deliver-batch.ts"
import type { LogRecord, RecordBatch } from "../service.ts"
import { quietUnpacking, type Unpacking } from "./skipped-batches.ts"
import { UnknownCodec } from "./wire/compression.ts"
import type { StoredBatch } from "./wire/decode-batch.ts"
import type { NextRecord, StoredRecord } from "./wire/decode-record.ts"

export interface Fetched {
  readonly topic: string
  readonly partition: number
  readonly highWatermark: string
  /** The offset that was asked for, decimal: the first batch may begin before it. */
  readonly fetchedOffset: string
  /** Records from this offset on are not wanted; undefined: all are. */
  readonly until?: bigint
  readonly messages: ReadonlyArray<StoredBatch>
}

/**
 * A function that returns the next records in order, a batch of at least one at a time, and undefined behind the last.
 * It rejects when they cannot be unpacked now; what never can be is skipped. One call at a time.
 */
export const batchesOf = (
  fetched: Fetched,
  unpacking: Unpacking = quietUnpacking
): (() => Promise<RecordBatch | undefined>) => {
  const { partition, messages } = fetched
  const topic = fetched.topic as Topic
  const end = endOf(fetched)
  let turn = 0
  let next: NextRecord = () => undefined
  let kept: StoredRecord | undefined

  /** Goes on behind a batch that is broken for good. Throws for one that may only have been damaged on its way. */
  const skip = (batch: StoredBatch | undefined, error: unknown): void => {
    if (batch === undefined || error instanceof UnknownCodec || !batch.isWhole()) throw error
    next = () => undefined
    const { first, last } = batch
    const said = error instanceof Error ? error.message : String(error)
    const why = `it cannot be unpacked within ${unpacking.limit} bytes (${said})`
    unpacking.skipped({ topic, partition, first, last, why })
  }

  /** The next record of the batch whose turn it is. */
  const nextHere = (): StoredRecord | undefined => {
    try {
      return next()
    } catch (error) {
      skip(messages[turn - 1], error)
      return undefined
    }
  }

  return async () => {
    const records: Array<LogRecord> = []
    let bytes = 0
    while (records.length < maxBatchRecords) {
      const record = kept ?? nextHere()
      kept = undefined
      if (record === undefined) {
        const batch = messages[turn++]
        if (batch === undefined) break
        try {
          next = wanted(await batch.unpack(unpacking.limit), batch, fetched)
        } catch (error) {
          skip(batch, error)
        }
        continue
      }
      bytes += record.valueLength
      if (records.length > 0 && bytes > maxBatchBytes) {
        kept = record
        break
      }
      records.push(record)
    }
    return records.length === 0 ? undefined : { topic, partition, end, records }
  }
}

/** Those records of a batch that are within what was asked for: nearly always all. */
const wanted = (
  next: NextRecord,
  { first, last }: StoredBatch,
  { fetchedOffset, until }: Fetched
): NextRecord => {
  const from = BigInt(fetchedOffset)
  if (first >= from && (until === undefined || last < until)) return next
  return () => {
    for (;;) {
      const record = next()
      if (record === undefined) return undefined
      const offset = BigInt(record.offset)
      if (offset >= from && (until === undefined || offset < until)) return record
    }
  }
}

/** The broker asks for the end before it reads, so records may lie behind what it tells. */
const endOf = ({ highWatermark, messages }: Fetched): string => {
  const behindLast = (messages.at(-1)?.last ?? -1n) + 1n
  return behindLast > BigInt(highWatermark) ? behindLast.toString() : highWatermark
}
