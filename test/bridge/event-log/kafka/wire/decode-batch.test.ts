/** What is read of a broker's answer to a fetch is, record by record, what the client library's own decoder reads. */
import { describe, expect, test } from "bun:test"
import * as library from "@platformatic/kafka"
import fc from "fast-check"
import { batchesOf } from "../../../../../bridge/event-log/kafka/fetched-batches.ts"
import { codecOf } from "../../../../../bridge/event-log/kafka/wire/compression.ts"
import { crc32c } from "../../../../../bridge/event-log/kafka/wire/crc32c.ts"
import { batchesIn } from "../../../../../bridge/event-log/kafka/wire/decode-batch.ts"
import { place, recordBatch } from "../../../../../bridge/event-log/kafka/wire/encode-batch.ts"
import {
  type FetchedPartition,
  fetchVersions,
  readAnswer
} from "../../../../../bridge/event-log/kafka/wire/fetch-response.ts"
import type { LogRecord } from "../../../../../bridge/event-log/service.ts"

const libraryAnswers = [
  ...[library.fetchV4, library.fetchV5, library.fetchV6, library.fetchV7],
  ...[library.fetchV8, library.fetchV9, library.fetchV10, library.fetchV11]
]

/** The answer, as the library reads it. */
const libraryAnswer = (bytes: Buffer, version: number) => {
  const { parseResponse } = libraryAnswers[version - 4] ?? library.fetchV11
  return parseResponse(0, 1, version, library.Reader.from(bytes))
}

/** A record, in what both have of it. */
interface Seen {
  readonly offset: string
  readonly timestamp: number
  readonly key: string | undefined
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

const timeIsOfBroker = 0x08

const seenByLibrary = (batch: library.RecordsBatch): ReadonlyArray<Seen> =>
  batch.records.map(({ offsetDelta, timestampDelta, key, value, headers }) => ({
    offset: String(batch.firstOffset + BigInt(offsetDelta)),
    timestamp: Number(
      (batch.attributes & timeIsOfBroker) === 0 ? batch.firstTimestamp + timestampDelta : batch.maxTimestamp
    ),
    key: key?.toString(),
    value: value?.toString("latin1") ?? "",
    headers: Object.fromEntries(headers.map(([name, one]) => [name?.toString() ?? "", one?.toString() ?? ""]))
  }))

const seenHere = ({ offset, timestamp, key, value, text, headers }: LogRecord): Seen => {
  const bytes = Buffer.from(value).toString("latin1")
  if (text !== undefined) expect<string>(text).toBe(bytes)
  return { offset, timestamp, key, value: bytes, headers: { ...headers } }
}

interface Partition {
  readonly records: Buffer
  readonly aborted?: ReadonlyArray<{ readonly producer: bigint; readonly first: bigint }>
}

const int16 = (number: number): Buffer => Buffer.from([(number >> 8) & 255, number & 255])
const int32 = (number: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(number)
  return bytes
}
const int64 = (number: bigint): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(number)
  return bytes
}

/** A broker's answer, of one topic. */
const answerOf = (version: number, partitions: ReadonlyArray<Partition>): Buffer =>
  Buffer.concat([
    int32(17),
    ...(version >= 7 ? [int16(0), int32(3)] : []),
    int32(1),
    int16(6),
    Buffer.from("events"),
    int32(partitions.length),
    ...partitions.flatMap(({ records, aborted = [] }, partition) => [
      int32(partition),
      int16(0),
      int64(2n ** 62n),
      int64(2n ** 62n),
      ...(version >= 5 ? [int64(0n)] : []),
      int32(aborted.length === 0 ? -1 : aborted.length),
      ...aborted.flatMap(({ producer, first }) => [int64(producer), int64(first)]),
      ...(version >= 11 ? [int32(-1)] : []),
      int32(records.length),
      records
    ])
  ])

/** What is handed on of a partition, decompressed. */
const recordsHere = async (read: FetchedPartition, fetchedOffset: string): Promise<ReadonlyArray<Seen>> => {
  const messages = read.messages.filter(
    ({ isControlRecord, last }) => !isControlRecord && last >= BigInt(fetchedOffset)
  )
  const next = batchesOf({ topic: "events", ...read, fetchedOffset, messages })
  const records: Array<Seen> = []
  for (let batch = await next(); batch !== undefined; batch = await next())
    records.push(...batch.records.map(seenHere))
  return records
}

/** Reads the answer here; returns the records of each partition. */
const readHere = async (bytes: Buffer, version: number, fetchedOffset = "0") => {
  const { responses } = readAnswer(Buffer.from(bytes), version)
  const all: Array<ReadonlyArray<Seen>> = []
  for (const read of responses[0]?.partitions ?? []) all.push(await recordsHere(read, fetchedOffset))
  return all
}

/** Reads the answer here and as the library does; both must be the same. Returns the records of each partition. */
const readByBoth = async (version: number, partitions: ReadonlyArray<Partition>, fetchedOffset = "0") => {
  const bytes = answerOf(version, partitions)
  const here = readAnswer(Buffer.from(bytes), version)
  const there = libraryAnswer(Buffer.from(bytes), version)
  expect(here.clientSideThrottleTime).toBe(version >= 8 ? there.throttleTimeMs : undefined)
  expect(
    here.responses.flatMap(({ topicName, partitions: read }) =>
      read.map(({ partition, errorCode, highWatermark }) => [topicName, partition, errorCode, highWatermark])
    )
  ).toEqual(
    there.responses.flatMap(({ topicId, partitions: read }) =>
      read.map((one) => [topicId, one.partitionIndex, one.errorCode, String(one.highWatermark)])
    )
  )
  const all = await readHere(bytes, version, fetchedOffset)
  const byLibrary = there.responses[0]?.partitions ?? []
  expect(all).toEqual(
    byLibrary.map(({ records }) =>
      (records ?? []).flatMap(seenByLibrary).filter(({ offset }) => BigInt(offset) >= BigInt(fetchedOffset))
    )
  )
  expect(all).toHaveLength(partitions.length)
  return all
}

/** A batch as a broker keeps it: the records that are left of it, and what their heads say. */
interface Stored {
  readonly first: bigint
  readonly time: bigint
  /** What each lies behind the one before, from 1, so that there are gaps. */
  readonly records: ReadonlyArray<{
    readonly key: Buffer | null
    readonly value: Buffer | null
    readonly gap: number
    readonly later: number
    readonly headers: Readonly<Record<string, string | ReadonlyArray<string>>>
  }>
  readonly more?: {
    readonly compression?: number
    readonly transactional?: boolean
    readonly producerId?: bigint
  }
  readonly attributes?: number
}

const batchOf = async ({ first, time, records, more = {}, attributes = 0 }: Stored): Promise<Buffer> => {
  let delta = -1
  const encoded = records.map(({ gap, later, key, value, headers }) => {
    delta += gap
    const entries = Object.entries(headers).flatMap(([name, values]) =>
      [values].flat().map((one): [Buffer, Buffer] => [Buffer.from(name), Buffer.from(one)])
    )
    const message = {
      ...{ topic: "events", headers: new Map(entries), timestamp: time + BigInt(later) },
      ...(key === null ? {} : { key }),
      // The library writes no value as the format has it, but does not say so.
      value: value as Buffer
    }
    return library.createRecord(message, delta, time).buffer
  })
  const { compression = 0, transactional = false, producerId = -1n } = more
  const packed = await packers[compression]?.(Buffer.concat(encoded))
  const batch = Buffer.concat([Buffer.alloc(place.records), packed ?? Buffer.concat(encoded)])
  batch.writeBigInt64BE(first, 0)
  batch.writeInt32BE(batch.length - place.epoch, place.length)
  batch.writeInt8(2, place.magic)
  batch.writeInt16BE(attributes | compression | (transactional ? 0x10 : 0), place.attributes)
  batch.writeInt32BE(delta + 1, place.lastOffset)
  batch.writeBigInt64BE(time, place.firstTime)
  batch.writeBigInt64BE(time + 5n, place.lastTime)
  batch.writeBigInt64BE(producerId, place.producer)
  batch.writeInt32BE(records.length, place.count)
  batch.writeUInt32BE(crc32c(batch, place.attributes), place.checksum)
  return batch
}

const packers: Readonly<Record<number, ((bytes: Buffer) => Promise<Buffer>) | undefined>> = {
  1: codecOf.gzip.compress,
  4: codecOf.zstd.compress
}

const bytes = fc.uint8Array({ maxLength: 100 }).map((one) => Buffer.from(one))
const text = fc.oneof(fc.string({ maxLength: 80 }), fc.string({ unit: "binary", maxLength: 20 }))
const name = text.filter((one) => one !== "__proto__")
const appendTime = 0x08

const storedBatch: fc.Arbitrary<Stored> = fc.record({
  first: fc.oneof(
    fc.bigInt({ min: 0n, max: 1_000_000n }),
    fc.bigInt({ min: 2n ** 51n - 99n, max: 2n ** 60n })
  ),
  time: fc.oneof(fc.constant(1_795_190_400_123n), fc.constant(-1n), fc.bigInt({ min: 0n, max: 2n ** 53n })),
  records: fc.array(
    fc.record({
      key: fc.option(bytes),
      value: fc.option(
        fc.oneof(
          bytes,
          fc.integer({ min: 120, max: 9_000 }).map((length) => Buffer.alloc(length, "v"))
        )
      ),
      gap: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 1_000_000 })),
      later: fc.oneof(fc.nat(1_000), fc.integer({ min: -(2 ** 45), max: 2 ** 45 })),
      headers: fc.dictionary(name, fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 })), {
        maxKeys: 5
      })
    }),
    { maxLength: 20 }
  ),
  more: fc.record({ compression: fc.constantFrom(0, 0, 1, 4) }),
  attributes: fc.constantFrom(0, 0, appendTime)
})

describe("an answer to a fetch", () => {
  for (const version of [4, 5, 6, 7, 8, 9, 10, 11]) {
    test(`of version ${version} has the records that the library reads in it`, () =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(storedBatch, { maxLength: 4 }), { maxLength: 3 }),
          fc.nat(400),
          fc.nat(1_000_000),
          async (partitions, cutOff, from) => {
            const answered: Array<Partition> = []
            for (const stored of partitions) {
              const records = Buffer.concat(await Promise.all(stored.map(batchOf)))
              const kept = records.length - cutOff
              answered.push({ records: records.subarray(0, Math.max(0, kept)) })
            }
            await readByBoth(version, answered, String(from))
          }
        ),
        { numRuns: 40 }
      ))
  }

  test("has the records that were written here, however they are packed", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            value: bytes,
            key: text,
            headers: fc.dictionary(name, text, { maxKeys: 6 })
          }),
          { minLength: 1, maxLength: 50 }
        ),
        fc.constantFrom(codecOf.none, codecOf.gzip, codecOf.zstd),
        async (records, codec) => {
          const [read] = await readByBoth(11, [
            { records: await recordBatch(records, codec, 1_795_190_400_123) }
          ])
          expect(read).toEqual(
            records.map(({ key, value, headers }, i) => ({
              offset: String(i),
              timestamp: 1_795_190_400_123,
              key: key.toWellFormed(),
              value: Buffer.from(value).toString("latin1"),
              headers: Object.fromEntries(
                Object.entries(headers).map(([one, other]) => [one.toWellFormed(), other.toWellFormed()])
              )
            }))
          )
        }
      ),
      { numRuns: 60 }
    ))

  test("is read in the versions from Kafka 0.11 on that have no topic ids", () => {
    expect(fetchVersions).toEqual([11, 10, 9, 8, 7, 6, 5, 4])
  })

  /** A message of a format before 0.11. */
  const oldMessage = (
    ...[magic, offset, attributes, key, value]: [0 | 1, number, number, string | null, string | Buffer]
  ): Buffer => {
    const field = (content: string | Buffer | null): Buffer =>
      content === null ? int32(-1) : Buffer.concat([int32(Buffer.from(content).length), Buffer.from(content)])
    const content = Buffer.concat([
      Buffer.from([0, 0, 0, 0, magic, attributes]),
      ...(magic === 1 ? [int64(BigInt(7 + offset))] : []),
      field(key),
      field(value)
    ])
    return Buffer.concat([int64(BigInt(offset)), int32(content.length), content])
  }
  const seenOld = (offset: number, timestamp: number, key: string | undefined, value: string): Seen => ({
    ...{ offset: String(offset), timestamp, key, value },
    headers: {}
  })

  for (const magic of [0, 1] as const) {
    const time = (offset: number): number => (magic === 0 ? -1 : 7 + offset)

    test(`has records of the older format ${magic}, up to one that is cut off or of the later format`, async () => {
      const [first, second, third] = [
        oldMessage(magic, 40, 0, "k", "a"),
        oldMessage(magic, 41, 0, null, "b"),
        oldMessage(magic, 42, 0, "k", "c")
      ]
      const records = Buffer.concat([first, second, third.subarray(0, -1)])
      const expected = [seenOld(40, time(40), "k", "a"), seenOld(41, time(41), undefined, "b")]
      expect(await readHere(answerOf(11, [{ records }]), 11)).toEqual([expected])
      const later = await recordBatch([{ value: Buffer.from("later"), headers: {} }], codecOf.none, 5)
      const mixed = Buffer.concat([first, second, later])
      expect(await readHere(answerOf(4, [{ records: mixed }]), 4)).toEqual([expected])
    })

    test(`has records of the older format ${magic} that are compressed, beside some that are not`, async () => {
      // In format 1 the offsets inside count from 0.
      const inside = magic === 0 ? [41, 42] : [0, 1]
      const packed = await codecOf.gzip.compress?.(
        Buffer.concat(inside.map((offset, i) => oldMessage(magic, offset, 0, null, `${"bc"[i]}`)))
      )
      const records = Buffer.concat([
        oldMessage(magic, 40, 0, "k", "a"),
        oldMessage(magic, 42, 1, null, packed ?? Buffer.alloc(0)),
        oldMessage(magic, 43, 0, null, "d")
      ])
      const [read] = readAnswer(answerOf(11, [{ records }]), 11).responses[0]?.partitions ?? []
      expect(read?.messages.map(({ offset }) => offset)).toEqual(["40", "42", "43"])
      expect(read === undefined ? [] : await recordsHere(read, "41")).toEqual([
        seenOld(41, time(inside[0] ?? 0), undefined, "b"),
        seenOld(42, time(inside[1] ?? 0), undefined, "c"),
        seenOld(43, time(43), undefined, "d")
      ])
    })
  }

  test("has the broker's time for all records of an older message that holds others", async () => {
    const inner = Buffer.concat([oldMessage(1, 0, 0, null, "a"), oldMessage(1, 1, 0, null, "b")])
    const packed = await codecOf.gzip.compress?.(inner)
    const records = oldMessage(1, 42, 1 | timeIsOfBroker, null, packed ?? Buffer.alloc(0))
    const [read] = await readHere(answerOf(11, [{ records }]), 11)
    expect(read?.map(({ timestamp }) => timestamp)).toEqual([49, 49])
  })
})

describe("transactions", () => {
  const isControl = 0x20
  /** The mark of a transaction's end. */
  const mark = (end: "abort" | "commit") => Buffer.from([0, 0, 0, end === "abort" ? 0 : 1])
  const of = (first: bigint, producerId: bigint, key: Buffer | null, value: string, attributes = 0) =>
    batchOf({
      first,
      time: 5n,
      records: [{ key, value: Buffer.from(value), gap: 1, later: 0, headers: {} }],
      more: { transactional: producerId >= 0n, producerId },
      attributes
    })

  test("only what was committed, or was in none, is handed on", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(fc.constantFrom(-1n, 1n, 2n, 3n), fc.constantFrom("send", "send", "abort", "commit")),
          {
            maxLength: 40
          }
        ),
        async (steps) => {
          // NOTE: what stays open at the end is not answered by a broker.
          const all = [...steps, ...[1n, 2n, 3n].map((producer) => [producer, "commit"] as const)]
          const open = new Map<bigint, { readonly first: bigint; readonly texts: Array<string> }>()
          const aborted: Array<{ readonly producer: bigint; readonly first: bigint }> = []
          const batches: Array<Buffer> = []
          let kept: ReadonlyArray<string> = []
          for (const [i, [producer, what]] of all.entries()) {
            const first = BigInt(batches.length * 2)
            if (what === "send" || producer < 0n) {
              batches.push(await of(first, producer, null, `${i}`))
              if (producer < 0n) kept = [...kept, `${i}`]
              else
                open
                  .set(producer, open.get(producer) ?? { first, texts: [] })
                  .get(producer)
                  ?.texts.push(`${i}`)
              continue
            }
            const ended = open.get(producer)
            if (ended === undefined) continue
            open.delete(producer)
            batches.push(
              await of(first, producer, mark(what === "abort" ? "abort" : "commit"), "", isControl)
            )
            if (what === "abort") aborted.push({ producer, first: ended.first })
            else kept = [...kept, ...ended.texts]
          }
          aborted.sort((a, b) => Number(a.first - b.first))
          const answer = answerOf(11, [{ records: Buffer.concat(batches), aborted }])
          const [read] = await readHere(answer, 11)
          expect(new Set(read?.map(({ value }) => value))).toEqual(new Set(kept))
        }
      ),
      { numRuns: 60 }
    ))

  test("those that began before what was fetched are known all at once", async () => {
    const records = Buffer.concat([
      await of(50n, 2n, null, "of the second"),
      await of(51n, 1n, null, "of the first"),
      await of(52n, -1n, null, "of none")
    ])
    const aborted = [
      { producer: 1n, first: 10n },
      { producer: 2n, first: 20n }
    ]
    const [seen] = await readHere(answerOf(11, [{ records, aborted }]), 11, "50")
    expect(seen?.map(({ value }) => value)).toEqual(["of none"])
  })

  test("a batch without records is passed by, and what is known of its place tells where to go on", async () => {
    const empty = await batchOf({ first: 7n, time: 5n, records: [] })
    const { responses } = readAnswer(answerOf(11, [{ records: empty }]), 11)
    expect(responses[0]?.partitions[0]?.messages).toMatchObject([{ isControlRecord: true, last: 7n }])
  })
})

describe("bytes that are no records", () => {
  test("less than the head of a batch", () => {
    for (const length of [0, 1, 12, 16]) expect(batchesIn(Buffer.alloc(length, 2), [])).toEqual([])
  })

  const broken = async (change: (batch: Buffer) => void) => {
    const batch = await recordBatch([{ value: Buffer.from("value"), headers: { id: "x" } }], codecOf.none, 5)
    change(batch)
    return readHere(answerOf(11, [{ records: batch }]), 11)
  }

  test("a record that ends behind its batch", async () => {
    await expect(broken((batch) => batch.writeInt8(126, place.records))).rejects.toThrow("ends too early")
  })

  test("a value that ends behind its record", async () => {
    await expect(broken((batch) => batch.writeInt8(60, place.records + 5))).rejects.toThrow("ends too early")
  })

  test("a codec that nobody knows", async () => {
    await expect(broken((batch) => batch.writeInt16BE(5, place.attributes))).rejects.toThrow("codec 5")
  })

  test("what is not packed as it says", async () => {
    await expect(broken((batch) => batch.writeInt16BE(1, place.attributes))).rejects.toThrow()
  })

  test("a batch without a head", async () => {
    await expect(broken((batch) => batch.writeInt32BE(3, place.length))).rejects.toThrow("has no head")
  })
})
