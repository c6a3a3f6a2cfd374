/** What is read of a broker's answer to a fetch is, record by record, what the client library would have read of it. */
import { describe, expect, test } from "bun:test"
import { createRequire } from "node:module"
import fc from "fast-check"
import { batchesOf } from "../../../../../bridge/event-log/kafka/fetched-batches.ts"
import { codecOf } from "../../../../../bridge/event-log/kafka/wire/compression.ts"
import { batchesIn } from "../../../../../bridge/event-log/kafka/wire/decode-batch.ts"
import { place, recordBatch } from "../../../../../bridge/event-log/kafka/wire/encode-batch.ts"
import {
  type FetchAnswer,
  type FetchedPartition,
  readAnswer,
  readsVersion
} from "../../../../../bridge/event-log/kafka/wire/fetch-response.ts"
import { batchOfOld, type OldMessage } from "../../../../../bridge/event-log/kafka/wire/message-set.ts"
import type { LogRecord } from "../../../../../bridge/event-log/service.ts"

/** A record as the library reads it. */
interface LibraryMessage {
  readonly offset: string
  readonly timestamp?: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers?: Readonly<Record<string, Buffer | null | ReadonlyArray<Buffer | null>>>
  readonly isControlRecord?: boolean
}

interface LibraryAnswer {
  readonly throttleTime: number
  readonly clientSideThrottleTime?: number
  readonly responses: ReadonlyArray<{
    readonly topicName: string
    readonly partitions: ReadonlyArray<{
      readonly partition: number
      readonly errorCode: number
      readonly highWatermark: string
      readonly messages: ReadonlyArray<LibraryMessage>
    }>
  }>
}

const inside = createRequire(import.meta.url)
const of = (path: string) => inside(`kafkajs/src/${path}`)
const libraryRecord: (record: object) => object = of("protocol/recordBatch/record/v0/index.js")
const { RecordBatch: libraryBatch }: { RecordBatch: (batch: object) => Promise<{ buffer: Buffer }> } = of(
  "protocol/recordBatch/v0/index.js"
)
const LibraryDecoder: new (bytes: Buffer) => object = of("protocol/decoder.js")
const libraryAnswer = (version: number): { decode: (bytes: Buffer) => Promise<LibraryAnswer> } =>
  of(`protocol/requests/fetch/v${version}/response.js`)
const libraryMessageSet: (from: object, size: number) => Promise<ReadonlyArray<OldMessage>> = of(
  "protocol/messageSet/decoder.js"
)
const LibraryRecords: new (
  topic: string,
  offset: string,
  partition: object
) => { readonly messages: ReadonlyArray<LibraryMessage>; readonly lastOffset: () => string } =
  of("consumer/batch.js")
const OldMessageSet: (set: object) => { readonly buffer: Buffer } = of("protocol/messageSet/index.js")

/** A record, in what both have of it. */
interface Seen {
  readonly offset: string
  readonly timestamp: number
  readonly key: string | undefined
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

const seenByLibrary = ({ offset, timestamp, key, value, headers = {} }: LibraryMessage): Seen => ({
  offset,
  timestamp: Number(timestamp),
  key: key?.toString(),
  value: value?.toString("latin1") ?? "",
  headers: Object.fromEntries(
    Object.entries(headers).map(([name, one]) => [
      name,
      (Array.isArray(one) ? one.at(-1) : one)?.toString() ?? ""
    ])
  )
})

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

const readOld = async (bytes: Buffer) =>
  batchOfOld(await libraryMessageSet(new LibraryDecoder(bytes), bytes.length))

const answerByLibrary = (answer: FetchAnswer | LibraryAnswer) => ({
  throttle: [answer.throttleTime, answer.clientSideThrottleTime],
  partitions: answer.responses.flatMap(({ topicName, partitions }) =>
    partitions.map(({ partition, errorCode, highWatermark }) => [
      topicName,
      partition,
      errorCode,
      highWatermark
    ])
  )
})

/** What the library hands on of that, unpacked here. */
const recordsHere = async (read: FetchedPartition, fetchedOffset: string): Promise<ReadonlyArray<Seen>> => {
  const handed: ReadonlyArray<object> = new LibraryRecords("events", fetchedOffset, read).messages
  const messages = read.messages.filter((batch) => handed.includes(batch))
  const next = batchesOf({ topic: "events", ...read, fetchedOffset, messages })
  const records: Array<Seen> = []
  for (let batch = await next(); batch !== undefined; batch = await next())
    records.push(...batch.records.map(seenHere))
  return records
}

/** Reads the answer here and as the library does; both must be the same. Returns the records of each partition. */
const readByBoth = async (version: number, partitions: ReadonlyArray<Partition>, fetchedOffset = "0") => {
  const bytes = answerOf(version, partitions)
  const here = await readAnswer(Buffer.from(bytes), version, readOld)
  const there = await libraryAnswer(version).decode(Buffer.from(bytes))
  expect(answerByLibrary(here)).toEqual(answerByLibrary(there))
  const all: Array<ReadonlyArray<Seen>> = []
  for (const [i, read] of (here.responses[0]?.partitions ?? []).entries()) {
    const records = await recordsHere(read, fetchedOffset)
    const byLibrary = new LibraryRecords("events", fetchedOffset, there.responses[0]?.partitions[i] ?? {})
    expect(records).toEqual(byLibrary.messages.map(seenByLibrary))
    all.push(records)
  }
  expect(all).toHaveLength(partitions.length)
  return all
}

/** A batch as a broker keeps it: the records that are left of it, and what their heads say. */
interface Stored {
  readonly first: bigint
  readonly time: bigint
  /** What each lies behind the one before, from 1, so that there are gaps. */
  readonly records: ReadonlyArray<
    Pick<LibraryMessage, "key" | "value"> & {
      readonly gap: number
      readonly later: number
      readonly headers: Readonly<Record<string, string | ReadonlyArray<string>>>
    }
  >
  readonly more?: {
    readonly compression?: number
    readonly transactional?: boolean
    readonly producerId?: bigint
  }
  readonly attributes?: number
}

const batchOf = async ({ first, time, records, more = {}, attributes = 0 }: Stored): Promise<Buffer> => {
  let delta = -1
  const encoded = records.map(({ gap, later, ...record }) => {
    delta += gap
    return libraryRecord({ ...record, offsetDelta: delta, timestampDelta: later })
  })
  const { buffer } = await libraryBatch({
    ...more,
    firstOffset: first,
    firstTimestamp: time,
    maxTimestamp: time + 5n,
    lastOffsetDelta: delta + 1,
    records: encoded
  })
  buffer.writeInt16BE(buffer.readInt16BE(place.attributes) | attributes, place.attributes)
  return buffer
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
              // The library breaks on less than what tells the format.
              answered.push({ records: records.subarray(0, kept > place.magic ? kept : 0) })
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

  test("is none of a version that is not known here", () => {
    expect([3, 4, 11, 12].map(readsVersion)).toEqual([false, true, true, false])
  })

  for (const messageVersion of [0, 1]) {
    for (const compression of [0, 1]) {
      test(`has records of the older format ${messageVersion}, compression ${compression}`, async () => {
        const set = (entries: ReadonlyArray<object>, packed: number) => {
          const { buffer } = OldMessageSet({ messageVersion, compression: packed, entries })
          return buffer
        }
        const entries = ["a", "b", "c"].map((value, i) => ({
          key: i === 1 ? null : `k${i}`,
          value,
          timestamp: 7 + i
        }))
        const plain = set(entries, compression)
        let at = 0
        for (let offset = 40; compression === 0 && at < plain.length; offset++) {
          plain.writeBigInt64BE(BigInt(offset), at)
          at += 12 + plain.readInt32BE(at + 8)
        }
        const value = compression === 0 ? undefined : await codecOf.gzip.compress?.(plain)
        const records =
          value === undefined ? plain : set([{ compression, key: null, value, timestamp: 7 }], 0)
        if (value !== undefined) records.writeBigInt64BE(42n, 0)
        const bytes = answerOf(11, [{ records }])
        const { responses } = await readAnswer(bytes, 11, readOld)
        const [read] = responses[0]?.partitions ?? []
        expect(read?.messages.map(({ offset }) => offset)).toHaveLength(1)
        const seen = read === undefined ? [] : await recordsHere(read, "0")
        const there = await libraryAnswer(11).decode(bytes)
        const byLibrary = there.responses[0]?.partitions[0]?.messages ?? []
        expect(seen.map(({ value }) => value)).toEqual(["a", "b", "c"])
        expect(seen).toEqual(
          byLibrary.map((one) => ({ ...seenByLibrary(one), timestamp: Number(one.timestamp ?? -1) }))
        )
      })
    }
  }
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
          const [read] = await readByBoth(11, [{ records: Buffer.concat(batches), aborted }])
          expect(new Set(read?.map(({ value }) => value))).toEqual(new Set(kept))
        }
      ),
      { numRuns: 60 }
    ))

  test("those that began before what was fetched are known all at once, which the library gets wrong", async () => {
    const records = Buffer.concat([
      await of(50n, 2n, null, "of the second"),
      await of(51n, 1n, null, "of the first"),
      await of(52n, -1n, null, "of none")
    ])
    const aborted = [
      { producer: 1n, first: 10n },
      { producer: 2n, first: 20n }
    ]
    const { responses } = await readAnswer(answerOf(11, [{ records, aborted }]), 11, readOld)
    const [read] = responses[0]?.partitions ?? []
    const seen = read === undefined ? [] : await recordsHere(read, "50")
    expect(seen.map(({ value }) => value)).toEqual(["of none"])
  })

  test("a batch without records is passed by, and what is known of its place tells where to go on", async () => {
    const empty = await batchOf({ first: 7n, time: 5n, records: [] })
    const { responses } = await readAnswer(answerOf(11, [{ records: empty }]), 11, readOld)
    const [read] = responses[0]?.partitions ?? []
    const byLibrary = new LibraryRecords("events", "7", read ?? {})
    expect(byLibrary.messages).toEqual([])
    expect(byLibrary.lastOffset()).toBe("7")
  })
})

describe("bytes that are no records", () => {
  test("less than the head of a batch", () => {
    for (const length of [0, 1, 12, 16]) expect(batchesIn(Buffer.alloc(length, 2), [])).toEqual([])
  })

  const broken = async (change: (batch: Buffer) => void) => {
    const batch = await recordBatch([{ value: Buffer.from("value"), headers: { id: "x" } }], codecOf.none, 5)
    change(batch)
    const { responses } = await readAnswer(answerOf(11, [{ records: batch }]), 11, readOld)
    const [read] = responses[0]?.partitions ?? []
    return read === undefined ? [] : recordsHere(read, "0")
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
