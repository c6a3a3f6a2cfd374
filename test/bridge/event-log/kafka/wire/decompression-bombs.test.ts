/** A batch that would be too large once unpacked is skipped, whatever packed it, on both runtimes, and costs no memory. */
import { describe, expect, test } from "bun:test"
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { batchesOf } from "../../../../../bridge/event-log/kafka/fetched-batches.ts"
import { quietUnpacking, type Skipped } from "../../../../../bridge/event-log/kafka/skipped-batches.ts"
import { codecOf } from "../../../../../bridge/event-log/kafka/wire/compression.ts"
import { crc32c } from "../../../../../bridge/event-log/kafka/wire/crc32c.ts"
import { batchesIn, type StoredBatch } from "../../../../../bridge/event-log/kafka/wire/decode-batch.ts"
import { place, recordBatch } from "../../../../../bridge/event-log/kafka/wire/encode-batch.ts"
import { messageSetIn } from "../../../../../bridge/event-log/kafka/wire/message-set.ts"
import { denoProgram } from "../../../../support/deno.ts"

const program = join(import.meta.dirname, "bombs.ts")
const deno = denoProgram()

const read = async (messages: ReadonlyArray<StoredBatch>, limit = quietUnpacking.limit) => {
  const skipped: Array<Skipped> = []
  const next = batchesOf(
    { topic: "t", partition: 0, highWatermark: "3", fetchedOffset: "0", messages },
    { limit, skipped: (one) => void skipped.push(one) }
  )
  const offsets: Array<string> = []
  for (let batch = await next(); batch !== undefined; batch = await next())
    offsets.push(...batch.records.map(({ offset }) => offset))
  return { offsets, skipped }
}

describe("200 MB in little", () => {
  for (const [runtime, command] of [
    ["Bun", [process.execPath, program]],
    ["Deno", deno === undefined ? undefined : [deno, "run", "-A", program]]
  ] as const) {
    test.skipIf(command === undefined)(
      `are skipped on ${runtime}`,
      async () => {
        const [file = "", ...args] = command ?? []
        const { stdout } = await promisify(execFile)(file, args, { encoding: "utf8" })
        const outcome = JSON.parse(stdout)
        expect(Object.keys(outcome)).toEqual(["gzip", "zstd", "lz4", "snappy"])
        for (const codec of Object.keys(outcome)) {
          const { read, skipped, damaged, more, packed } = outcome[codec]
          expect([codec, read, skipped, damaged]).toEqual([codec, ["0", "2"], ["1 to 1"], "tried again"])
          expect(packed).toBeLessThan(10_000_000)
          // The limit twice: its pieces, and all of them in one.
          expect(more).toBeLessThan(100)
        }
      },
      60_000
    )
  }
})

describe("what is skipped", () => {
  const record = (text: string) => ({ value: Buffer.from(text), headers: {} })

  test("begins one byte over the limit", async () => {
    for (const codec of [codecOf.gzip, codecOf.zstd]) {
      const batch = await recordBatch([record("x".repeat(5_000))], codec, 1)
      const plain = await recordBatch([record("x".repeat(5_000))], codecOf.none, 1)
      const size = plain.length - place.records
      expect((await read(batchesIn(batch, []) ?? [], size)).offsets).toEqual(["0"])
      expect((await read(batchesIn(batch, []) ?? [], size - 1)).skipped).toHaveLength(1)
    }
  })

  test("is also the rest of a batch that has less in it than its head says", async () => {
    const batch = await recordBatch([record("a"), record("b")], { number: 0 }, 1)
    batch.writeInt32BE(2 ** 30, place.count)
    batch.writeUInt32BE(crc32c(batch, place.attributes), place.checksum)
    const { offsets, skipped } = await read(batchesIn(batch, []) ?? [])
    expect(offsets).toEqual(["0", "1"])
    expect(skipped).toMatchObject([{ topic: "t", partition: 0, first: 0n, last: 1n }])
  })

  test("is not a record that says it has more headers than it has bytes; it has none", async () => {
    const batch = await recordBatch([record("a")], codecOf.none, 1)
    // The last byte is the number of headers; instead of it 2^30, in five bytes, and the record is so much longer.
    const more = Buffer.concat([batch.subarray(0, -1), Buffer.from([0x80, 0x80, 0x80, 0x80, 0x08])])
    more.writeInt8((more.readInt8(place.records) ?? 0) + 8, place.records)
    more.writeInt32BE(more.length - place.epoch, place.length)
    const next = batchesOf({
      ...{ topic: "t", partition: 0, highWatermark: "1", fetchedOffset: "0" },
      messages: batchesIn(more, []) ?? []
    })
    expect((await next())?.records[0]?.headers).toEqual({})
  })

  test("is not what is packed in a way that a later version may know", async () => {
    const batch = await recordBatch([record("a")], { number: 5, compress: async (bytes) => bytes }, 1)
    expect(read(batchesIn(batch, []) ?? [])).rejects.toThrow("codec 5")
  })

  test("is one message of the older formats and not those beside it", async () => {
    const message = (offset: number, attributes: number, value: Buffer = Buffer.alloc(0)): Buffer => {
      const bytes = Buffer.concat([Buffer.alloc(26), value])
      bytes.writeBigInt64BE(BigInt(offset), 0)
      bytes.writeInt32BE(bytes.length - 12, 8)
      bytes.writeInt8(attributes, 17)
      bytes.writeInt32BE(-1, 18)
      bytes.writeInt32BE(value.length, 22)
      return bytes
    }
    const inner = (size: number) => codecOf.gzip.compress?.(message(0, 0, Buffer.alloc(size)))
    const [large, small] = [(await inner(5_000)) ?? Buffer.alloc(0), (await inner(10)) ?? Buffer.alloc(0)]
    const batches = messageSetIn(
      Buffer.concat([
        ...[message(1, 0), message(2, 0), message(9, 1, large), message(10, 0), message(11, 1, small)],
        message(12, 0).subarray(0, 25)
      ])
    )
    expect(batches.map(({ offset }) => offset)).toEqual(["2", "9", "10", "11"])
    const { offsets, skipped } = await read(batches, 1_000)
    expect(offsets).toEqual(["1", "2", "10", "0"])
    expect(skipped).toMatchObject([{ last: 9n, why: expect.stringContaining("within 1000 bytes") }])
    expect(messageSetIn(Buffer.alloc(0))).toEqual([])
  })
})
