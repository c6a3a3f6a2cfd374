/**
 * Batches of records that are small and would be large once unpacked, one of each codec: reads each between two others
 * and prints what came of it. A program of its own, so that it can be run by every runtime and its memory be seen.
 */
import { Buffer } from "node:buffer"
import { batchesOf } from "../../../../../bridge/event-log/kafka/fetched-batches.ts"
import { quietUnpacking, type Skipped } from "../../../../../bridge/event-log/kafka/skipped-batches.ts"
import { codecOf } from "../../../../../bridge/event-log/kafka/wire/compression.ts"
import { crc32c } from "../../../../../bridge/event-log/kafka/wire/crc32c.ts"
import { batchesIn } from "../../../../../bridge/event-log/kafka/wire/decode-batch.ts"
import {
  type BatchCodec,
  place,
  recordBatch
} from "../../../../../bridge/event-log/kafka/wire/encode-batch.ts"

/** How large each would be, bytes. */
const size = 200_000_000

/** One literal byte, and then the same again and again. */
const lz4 = async (): Promise<Buffer> => {
  const lengths = Math.floor((size - 20) / 255)
  const block = Buffer.concat([
    Buffer.from([0x1f, 0, 1, 0]),
    Buffer.alloc(lengths, 255),
    Buffer.from([0, 0x10, 0])
  ])
  const head = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73, 0, 0, 0, 0])
  head.writeUInt32LE(block.length, 7)
  return Buffer.concat([head, block, Buffer.alloc(4)])
}

const snappy = async (): Promise<Buffer> => {
  const copies = Math.floor(size / 64)
  return Buffer.concat([
    Buffer.from([0x80, 0x84, 0xaf, 0x5f, 0, 0]),
    Buffer.alloc(copies * 3, Buffer.from([0xfe, 1, 0]))
  ])
}

const bombs: Readonly<Record<string, BatchCodec>> = {
  gzip: codecOf.gzip,
  zstd: codecOf.zstd,
  lz4: { number: 3, compress: lz4 },
  snappy: { number: 2, compress: snappy }
}

const record = (value: Uint8Array) => ({ value, headers: {} })

/** Gives the batch its place in the partition; its checksum does not cover that. */
const at = (offset: bigint, batch: Buffer): Buffer => {
  batch.writeBigInt64BE(offset, 0)
  return batch
}

const readAll = async (bytes: Buffer) => {
  const skipped: Array<Skipped> = []
  const next = batchesOf(
    {
      topic: "t",
      partition: 0,
      highWatermark: "3",
      fetchedOffset: "0",
      messages: batchesIn(bytes, []) ?? []
    },
    { ...quietUnpacking, skipped: (one) => void skipped.push(one) }
  )
  const read: Array<string> = []
  for (let batch = await next(); batch !== undefined; batch = await next())
    read.push(...batch.records.map(({ offset }) => offset))
  return { read, skipped: skipped.map(({ first, last }) => `${first} to ${last}`) }
}

const megabytes = (): number => Math.round(process.memoryUsage().rss / 1e6)

const outcome: Record<string, object> = {}
for (const [name, codec] of Object.entries(bombs)) {
  const value = name === "lz4" || name === "snappy" ? Buffer.alloc(1) : Buffer.alloc(size)
  const small = record(Buffer.from("small"))
  const packed = await recordBatch([record(value)], codec, 1)
  const bytes = Buffer.concat([
    at(0n, await recordBatch([small], codecOf.gzip, 1)),
    at(1n, packed),
    at(2n, await recordBatch([small], codecOf.zstd, 1))
  ])
  const before = megabytes()
  let most = before
  const watch = setInterval(() => {
    most = Math.max(most, megabytes())
  }, 1)
  const found = await readAll(bytes)
  clearInterval(watch)
  const broken = Buffer.from(bytes)
  broken.writeUInt32BE((crc32c(packed, place.attributes) ^ 1) >>> 0, bytes.indexOf(packed) + place.checksum)
  const damaged = await readAll(broken).then(
    () => "read",
    () => "tried again"
  )
  outcome[name] = { packed: packed.length, ...found, more: Math.max(most, megabytes()) - before, damaged }
}
process.stdout.write(`${JSON.stringify(outcome)}\n`)
