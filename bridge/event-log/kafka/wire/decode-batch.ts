/**
 * Batches of records as a broker keeps them, several of one partition behind each other (version 2 of the format, as
 * record-batch.ts writes it). Only their heads are read here; a batch is unpacked when its turn comes. The client
 * library's own decoder makes some forty objects of each record at once, and took more time than counting them.
 */
import { Buffer } from "node:buffer"
import { unpackerOf } from "./compression.ts"
import { crc32c } from "./crc32c.ts"
import { type NextRecord, type RecordBase, recordsIn } from "./decode-record.ts"
import { magic, place } from "./encode-batch.ts"

/** As the client library sees a batch: one message, that of its last record. */
export interface StoredBatch {
  /** The offsets of the first and the last record that it had: compaction may have taken them, or all, but not their places. */
  readonly first: bigint
  readonly last: bigint
  /** Of the last, decimal. */
  readonly offset: string
  /** The time of the first record, milliseconds since 1970; undefined in a format that has none. */
  readonly time: number | undefined
  /** Nothing of it is handed on: it is a mark of a transaction, one of a transaction that was taken back, or empty. */
  readonly isControlRecord: boolean
  /** Rejects for a codec that is not known, for bytes that are none of it, and for more than `limit` bytes of records. */
  readonly unpack: (limit: number) => Promise<NextRecord>
  /** Is it as it was written? What cannot be read of it then is unreadable for good. */
  readonly isWhole: () => boolean
}

/** A transaction that was taken back: from this offset on, until the mark of its end, its producer's records are none. */
export interface Aborted {
  readonly producer: bigint
  readonly first: bigint
}

/** What the attributes of a batch hold. */
const codecMask = 0x07
const timeIsOfBroker = 0x08
const isInTransaction = 0x10
const isControl = 0x20

/**
 * The batches in the bytes. The last may be cut off, and is none then. `undefined` when they are not of this format:
 * the first tells.
 */
export const batchesIn = (
  bytes: Buffer,
  aborted: ReadonlyArray<Aborted>
): ReadonlyArray<StoredBatch> | undefined => {
  if (bytes.length > place.magic && bytes.readInt8(place.magic) !== magic) return undefined
  const isAborted = abortedAmong(aborted)
  const batches: Array<StoredBatch> = []
  for (let start = 0; start + place.records <= bytes.length; ) {
    const end = start + place.epoch + bytes.readInt32BE(start + place.length)
    if (end > bytes.length) break
    if (end < start + place.records) throw new Error("a batch of records has no head")
    batches.push(batchOf(bytes.subarray(start, end), isAborted))
    start = end
  }
  return batches
}

interface Head {
  readonly attributes: number
  readonly last: bigint
  readonly producer: bigint
  /** The records, packed as the attributes say. */
  readonly packed: Buffer
}

const batchOf = (bytes: Buffer, isAborted: (head: Head) => boolean): StoredBatch => {
  const attributes = bytes.readInt16BE(place.attributes)
  const first = bytes.readBigInt64BE(0)
  const last = first + BigInt(bytes.readInt32BE(place.lastOffset))
  const count = bytes.readInt32BE(place.count)
  const packed = bytes.subarray(place.records)
  const gone = isAborted({ attributes, last, producer: bytes.readBigInt64BE(place.producer), packed })
  const base: RecordBase = {
    offset: first,
    time: bytes.readBigInt64BE(place.firstTime),
    appended: (attributes & timeIsOfBroker) === 0 ? undefined : bytes.readBigInt64BE(place.lastTime)
  }
  return {
    first,
    last,
    offset: last.toString(),
    time: Number(base.appended ?? base.time),
    isControlRecord: gone || (attributes & isControl) !== 0 || count <= 0,
    unpack: async (limit) => recordsIn(await unpackerOf(attributes & codecMask)(packed, limit), count, base),
    isWhole: () => bytes.readUInt32BE(place.checksum) === crc32c(bytes, place.attributes)
  }
}

/** Tells of one batch after another, as they stand in the partition, whether it is of a transaction that was taken back. */
const abortedAmong = (aborted: ReadonlyArray<Aborted>): ((head: Head) => boolean) => {
  if (aborted.length === 0) return () => false
  const coming = aborted.toSorted((a, b) => (a.first < b.first ? -1 : 1))
  const open = new Set<bigint>()
  return (head) => {
    while (coming[0] !== undefined && coming[0].first <= head.last) {
      open.add(coming[0].producer)
      coming.shift()
    }
    if ((head.attributes & isControl) === 0)
      return (head.attributes & isInTransaction) !== 0 && open.has(head.producer)
    if (isAbortMark(head.packed)) open.delete(head.producer)
    return false
  }
}

/** The key of the mark of a transaction's end: a version, and 0 for one that was taken back. */
const abortKey = Buffer.from([0, 0, 0, 0])

/** Marks are never packed. */
const isAbortMark = (records: Buffer): boolean => {
  const base = { offset: 0n, time: 0n, appended: undefined }
  return recordsIn(records, 1, base)()?.key === abortKey.toString()
}
