/** The batches that are sent to Kafka are, byte for byte, what the client library would have made of the same records. */
import { describe, expect, test } from "bun:test"
import { createRecordsBatch, NumericMap } from "@platformatic/kafka"
import { crc32c } from "../../../../../bridge/event-log/kafka/wire/crc32c.ts"
import { type BatchRecord, recordBatch } from "../../../../../bridge/event-log/kafka/wire/encode-batch.ts"

const now = 1_795_190_400_123

/** As the library encodes it, with what the format asks of a producer that is not idempotent. */
const ofLibrary = (records: ReadonlyArray<BatchRecord>): Buffer => {
  const sequences = new NumericMap()
  sequences.set("events:0", -1)
  const messages = records.map(({ key, value, headers }) => ({
    ...{ topic: "events", partition: 0, timestamp: BigInt(now), value: Buffer.from(value) },
    ...(key === undefined ? {} : { key: Buffer.from(key) }),
    headers: new Map(
      Object.entries(headers).map(([name, one]): [Buffer, Buffer] => [Buffer.from(name), Buffer.from(one)])
    )
  }))
  return createRecordsBatch(messages, { producerEpoch: -1, partitionLeaderEpoch: -1, sequences }).buffer
}

const record = (value: string, more: Partial<BatchRecord> = {}): BatchRecord => ({
  value: Buffer.from(value, "latin1"),
  headers: {},
  ...more
})

const cases: Readonly<Record<string, ReadonlyArray<BatchRecord>>> = {
  "one record without anything": [record("")],
  "keys, headers, and neither": [
    record("a", { key: "k" }),
    record("b", { headers: { id: "batch-0", v: "1" } }),
    record("c", { key: "", headers: { empty: "" } })
  ],
  "any byte in a value": [record(String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte)))],
  "text that is not ASCII": [
    record("x", { key: "schlüssel", headers: { größe: "ß", ελ: "€ 😀", lone: "\ud800" } }),
    record("y", { key: "plain" })
  ],
  "lengths of one, two, three and four bytes": [
    0, 1, 50, 57, 58, 59, 63, 64, 8_000, 8_183, 8_200, 1_100_000
  ].map((length) => record("v".repeat(length))),
  "more records than one byte counts": Array.from({ length: 20_000 }, (_, i) =>
    record(`value ${i}`, { headers: { id: `batch-${i}` } })
  )
}

describe("a record batch", () => {
  for (const [what, records] of Object.entries(cases)) {
    test(`is the library's: ${what}`, async () => {
      const batch = await recordBatch(records, { number: 0 }, now)
      expect(batch.equals(ofLibrary(records))).toBe(true)
    })
  }

  test("has its records compressed behind a head that is not, and says how", async () => {
    const records = [record("one"), record("two")]
    const plain = await recordBatch(records, { number: 0 }, now)
    const seen: Array<Buffer> = []
    const compress = async (bytes: Buffer): Promise<Buffer> => {
      seen.push(Buffer.from(bytes))
      return Buffer.from("packed")
    }
    const packed = await recordBatch(records, { number: 4, compress }, now)
    const head = plain.length - (seen[0]?.length ?? 0)
    expect(plain.subarray(head).equals(seen[0] ?? Buffer.alloc(0))).toBe(true)
    expect(packed.subarray(head).toString()).toBe("packed")
    expect(packed.readInt16BE(21)).toBe(4)
    expect(packed.readInt32BE(8)).toBe(packed.length - 12)
    expect(packed.readUInt32BE(17)).toBe(crc32c(packed.subarray(21)))
  })

  test("is not made when its records cannot be compressed", async () => {
    const compress = (): Promise<Buffer> => Promise.reject(new Error("no room"))
    await expect(recordBatch([record("one")], { number: 1, compress }, now)).rejects.toThrow("no room")
  })
})

test("the checksum is CRC-32C, as RFC 3720 has it", () => {
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe306_9283)
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a91_36aa)
  expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8_ab43)
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd_794e)
  expect(crc32c(Buffer.from("xx123456789").subarray(2))).toBe(0xe306_9283)
  expect(crc32c(Buffer.from("xx123456789"), 2)).toBe(0xe306_9283)
  expect(crc32c(new Uint8Array())).toBe(0)
})
