/**
 * Kafka's record batch, version 2 of the format (Kafka protocol guide, "Record Batch"), written in one pass into one
 * buffer. The client library's own encoder makes some thirty small buffers of each record, and took more time than all
 * the rest of the pipeline.
 */
import { Buffer } from "node:buffer"
import { crc32c } from "./crc32c.ts"

/** What a record is made of here: where it goes is the request's part. */
export interface BatchRecord {
  readonly key?: string
  readonly value: Uint8Array
  readonly headers: Readonly<Record<string, string>>
}

/** How the records of a batch are compressed: the number that the format has for it, and who does it; none: as they are. */
export interface BatchCodec {
  readonly number: number
  readonly compress?: (records: Buffer) => Promise<Buffer>
}

/** The version of the format. */
export const magic = 2

/** Where things stand in a batch; `length` counts what stands behind it. */
export const place = {
  length: 8,
  epoch: 12,
  magic: 16,
  checksum: 17,
  attributes: 21,
  lastOffset: 23,
  firstTime: 27,
  lastTime: 35,
  producer: 43,
  producerEpoch: 51,
  sequence: 53,
  count: 57,
  records: 61
}

/** What a record usually has beside its value: lengths, headers. */
const usualExtra = 224

/**
 * One batch of these records (at least one), all of the time `now` (milliseconds since 1970), of a producer that is not
 * idempotent. Rejects when the codec does.
 */
export const recordBatch = async (
  records: ReadonlyArray<BatchRecord>,
  codec: BatchCodec,
  now: number
): Promise<Buffer> => {
  const plain = new Writer(
    place.records,
    records.reduce((sum, { value }) => sum + value.length + usualExtra, 0)
  )
  for (const [offset, record] of records.entries()) plain.record(record, offset)
  const whole = plain.all()
  const batch =
    codec.compress === undefined
      ? whole
      : Buffer.concat([whole.subarray(0, place.records), await codec.compress(whole.subarray(place.records))])
  batch.writeBigInt64BE(0n, 0)
  batch.writeInt32BE(batch.length - place.epoch, place.length)
  batch.writeInt32BE(-1, place.epoch)
  batch.writeInt8(magic, place.magic)
  batch.writeInt16BE(codec.number, place.attributes)
  batch.writeInt32BE(records.length - 1, place.lastOffset)
  batch.writeBigInt64BE(BigInt(now), place.firstTime)
  batch.writeBigInt64BE(BigInt(now), place.lastTime)
  batch.writeBigInt64BE(-1n, place.producer)
  batch.writeInt16BE(-1, place.producerEpoch)
  batch.writeInt32BE(-1, place.sequence)
  batch.writeInt32BE(records.length, place.count)
  batch.writeUInt32BE(crc32c(batch, place.attributes), place.checksum)
  return batch
}

/** Records, one behind the other, in a buffer that grows. */
class Writer {
  private bytes: Buffer
  private at: number

  constructor(start: number, expected: number) {
    this.bytes = Buffer.allocUnsafe(start + expected)
    this.at = start
  }

  all(): Buffer {
    return this.bytes.subarray(0, this.at)
  }

  /** Its length stands before a record, and is known behind it: two bytes are left for it, which nearly always fit. */
  record({ key, value, headers }: BatchRecord, offset: number): void {
    const start = this.at
    this.reserve(2)
    this.at = start + 2
    // Attributes, and the time since the batch's.
    this.varint(0)
    this.varint(0)
    this.varint(offset)
    if (key === undefined) this.varint(-1)
    else this.text(key)
    this.value(value)
    const names = Object.keys(headers)
    this.varint(names.length)
    for (const name of names) {
      this.text(name)
      this.text(headers[name] ?? "")
    }
    const length = this.at - start - 2
    const size = sizeOf(length)
    if (size !== 2) {
      this.reserve(size)
      this.bytes.copyWithin(start + size, start + 2, this.at)
    }
    this.at = start
    this.varint(length)
    this.at = start + size + length
  }

  private value(value: Uint8Array): void {
    this.varint(value.length)
    this.reserve(value.length)
    this.bytes.set(value, this.at)
    this.at += value.length
  }

  /** The length in bytes, and the text in UTF-8. It nearly always is ASCII, which has as many bytes as characters. */
  private text(text: string): void {
    const start = this.at
    this.varint(text.length)
    this.reserve(text.length)
    const { bytes } = this
    let at = this.at
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 127) {
        this.at = start
        this.value(Buffer.from(text))
        return
      }
      bytes[at++] = code
    }
    this.at = at
  }

  /** A whole number below 2^30 with its sign in the last bit, seven bits to a byte. */
  private varint(number: number): void {
    this.reserve(5)
    let rest = ((number << 1) ^ (number >> 31)) >>> 0
    while (rest > 127) {
      this.bytes[this.at++] = (rest & 127) | 128
      rest >>>= 7
    }
    this.bytes[this.at++] = rest
  }

  private reserve(count: number): void {
    if (this.at + count <= this.bytes.length) return
    const larger = Buffer.allocUnsafe(2 * (this.at + count))
    this.bytes.copy(larger, 0, 0, this.at)
    this.bytes = larger
  }
}

/** How many bytes a length takes. */
const sizeOf = (length: number): number => {
  let size = 1
  for (let rest = length >>> 6; rest > 0; rest >>>= 7) size += 1
  return size
}
