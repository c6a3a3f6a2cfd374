/** The messages between actors: a written batch is read unchanged and follows its schema; any other message is refused. */
import { describe, expect, test } from "bun:test"
import { Schema } from "effect"
import fc from "fast-check"
import { Packr } from "msgpackr"
import type { EnrichedBatch, RawBatch } from "../../contracts/batch.ts"
import type { ByteString, EnrichedEvent, RawEvent } from "../../contracts/event.ts"
import { Failure } from "../../contracts/failure.ts"
import { emptyDigest, newBatchId, Topic } from "../../contracts/ids.ts"
import { allMessages } from "../../contracts/messages/all-messages.ts"
import {
  CopiesMessage1,
  CopiesMessage2,
  readCopies,
  readCopySubscription,
  writeCopies,
  writeCopySubscription
} from "../../contracts/messages/copies.ts"
import { formatOf, formats, newestShared, readFormats } from "../../contracts/messages/format.ts"
import { decode, encode } from "../../contracts/messages/msgpack.ts"
import {
  BatchProgressMessage1,
  ConsumerProgressMessage1,
  readConsumerProgress,
  writeBatchProgress,
  writeConsumerProgress
} from "../../contracts/messages/progress.ts"
import { Reply1, Reply2, readReply, writeReply } from "../../contracts/messages/reply.ts"
import { type Conversation, Enrich, Store } from "../../contracts/requests.ts"

const bytes = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)) })
const text = bytes as fc.Arbitrary<ByteString>
const topic = fc.constantFrom("events", "clicks", "searches").map((name) => Topic.make(name))
const index = fc.nat({ max: 2_000_000 })
const time = fc.integer({ min: 0, max: 8_640_000_000_000_000 })

const rawEvent: fc.Arbitrary<RawEvent> = fc.record({
  index,
  dialect: fc.constantFrom("pushtech", "adtekio"),
  topic,
  ip: fc.constantFrom("1.2.3.4", "2001:db8::1"),
  ts: time,
  host: text,
  pod: text,
  path: text,
  query: text,
  userAgent: text
})

const enrichedEvent: fc.Arbitrary<EnrichedEvent> = fc.record(
  { index, topic, key: fc.string(), value: fc.uint8Array(), received: time },
  { requiredKeys: ["index", "topic", "value", "received"] }
)

const rawBatch = (events: ReadonlyArray<RawEvent>): RawBatch => ({
  id: newBatchId(),
  digest: emptyDigest,
  claimed: 1,
  events
})
const enrichedBatch = (events: ReadonlyArray<EnrichedEvent>): EnrichedBatch => ({
  ...{ id: newBatchId(), digest: emptyDigest, claimed: 1 },
  enriched: 2,
  events
})

const plain = (batch: EnrichedBatch) => ({
  ...batch,
  events: batch.events.map((event) => ({ ...event, value: [...event.value] }))
})

describe("a batch of raw events", () => {
  test("is read as it was written, whatever bytes are in it, and its message follows the schema", () => {
    fc.assert(
      fc.property(fc.array(rawEvent), (events) => {
        const batch = rawBatch(events)
        for (const format of formats) {
          const payload = Enrich.write(batch, format)
          expect(Enrich.read(payload)).toEqual(batch)
          expect(Schema.is(Enrich.messages[format])(decode(payload))).toBe(true)
        }
      })
    )
  })
})

describe("a batch of records", () => {
  test("is read as it was written, with and without keys, and its message follows the schema", () => {
    fc.assert(
      fc.property(fc.array(enrichedEvent), (events) => {
        const batch = enrichedBatch(events)
        for (const format of formats) {
          const payload = Store.write(batch, format)
          expect(plain(Store.read(payload))).toEqual(plain(batch))
          // A reader of format 1 reads both.
          for (const schema of [Store.messages[format], Store.messages[1]])
            expect(Schema.is(schema)(decode(payload))).toBe(true)
        }
      })
    )
  })
})

describe("formats", () => {
  test("v is the first field of format 2, and bytes are bin; format 1 has neither", () => {
    const bytes = "\u0000\u007f\u0080\u00ff" as ByteString
    const batch = rawBatch([{ ...raw, userAgent: bytes }])
    const [one, two] = formats.map((format) => decode(Enrich.write(batch, format)) as Message)
    expect(Object.keys(two ?? {})[0]).toBe("v")
    expect(two).toMatchObject({ v: 2, texts: new Uint8Array([...bytesIn("1.2.3.4hp/ae"), 0, 127, 128, 255]) })
    expect(one).not.toHaveProperty("v")
    expect(one?.texts).toBe(`1.2.3.4hp/ae${bytes}`)
  })

  test("a newer format is unreadable, and the failure says which are read", () => {
    const newer = encode({ v: 3, ...(decode(Store.write(enrichedBatch([record]))) as object), w: 1 })
    const three = encode({ ...(decode(newer) as object), v: 3 })
    for (const read of [Enrich.read, Store.read, readReply, readCopies, readConsumerProgress])
      expect(() => read(three)).toThrow("reads the formats 1,2")
    for (const v of ["2", 0, -1, 1.5, null])
      expect(() => Store.read(encode({ v }))).toThrow("has format that is no number")
  })

  test("the newest shared format, and the texts in metadata", () => {
    expect(newestShared([])).toBe(2)
    expect(newestShared([[1, 2], [1]])).toBe(1)
    expect(newestShared([[2, 3]])).toBe(2)
    expect(newestShared([[3, 4]])).toBeUndefined()
    expect(["1,2", "2, 3", "", "x,-1,1.5", undefined].map(readFormats)).toEqual([[1, 2], [2, 3], [], [], [1]])
    expect([{}, [], null, "text", { v: 7 }].map(formatOf)).toEqual([1, 1, 1, 1, 7])
  })

  test("replies", () => {
    const { id, digest } = rawBatch([])
    const receipt = { id, digest, stored: 0, placements: [], rejected: [] }
    const failure = { reason: "unreadable", message: "x" } as const
    for (const reply of [{ receipt }, { failure }, { failure, formats: [1, 2] }])
      for (const format of formats) {
        const written = writeReply(reply, format)
        expect(readReply(written)).toMatchObject(reply)
        for (const schema of format === 1 ? [Reply1] : [Reply1, Reply2])
          expect(Schema.is(schema)(decode(written))).toBe(true)
      }
  })

  test("copies are the same in both, with lines and records as bytes in format 2", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, fc.boolean())), (contents) => {
        const events = contents.map(([bytes, isLine], index) =>
          isLine ? { index, line: bytes } : { index, record: bytes, partition: 1, offset: "7" }
        )
        const copies = { stage: "stored", topic: Topic.make("events"), batch: newBatchId(), at: 5 } as const
        const all = { ...copies, events, dropped: 2 }
        expect(Schema.is(CopiesMessage1)(decode(writeCopies(all, 1)))).toBe(true)
        expect(Schema.is(CopiesMessage2)(decode(writeCopies(all, 2)))).toBe(true)
        for (const format of formats) expect(readCopies(writeCopies(all, format))).toMatchObject(all)
      })
    )
  })

  test("a copy subscription names the newest format that its subscriber reads", () => {
    expect(readCopySubscription(writeCopySubscription(["raw"]))).toEqual({ stages: ["raw"], format: 2 })
    expect(readCopySubscription(encode({ stages: ["raw"] }))).toEqual({ stages: ["raw"], format: 1 })
    expect(readCopySubscription(encode({ v: 3, stages: ["raw"] }))).toEqual({ stages: ["raw"], format: 2 })
    expect(() => readCopySubscription(encode({ v: 4, stages: ["raw"] }))).toThrow("reads the formats")
  })

  test("progress in format 2 is read by readers of format 1", () => {
    const where = { topic: Topic.make("events"), at: 1_796_019_519_806, count: 3 }
    const batch = { ...where, stage: "stored", batch: newBatchId() } as const
    expect(Schema.is(BatchProgressMessage1)(decode(writeBatchProgress(batch)))).toBe(true)
    const consumer = { ...where, by: "x", partition: 0, first: "1", next: "4" }
    expect(Schema.is(ConsumerProgressMessage1)(decode(writeConsumerProgress(consumer)))).toBe(true)
    expect(readConsumerProgress(writeConsumerProgress(consumer))).toMatchObject(consumer)
  })

  test("every message is described once, a request with its reply, each format with a JSON Schema", () => {
    const names = allMessages.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const { direction, reply, queue, formats: described } of allMessages) {
      expect(direction === "request").toBe(reply !== undefined && queue !== undefined)
      if (reply !== undefined) expect(names).toContain(reply)
      for (const { schema } of Object.values(described))
        expect(Schema.toJsonSchemaDocument(schema as Schema.Codec<unknown>)).toHaveProperty("schema")
    }
  })
})

const bytesIn = (ascii: string): ReadonlyArray<number> => Array.from(ascii, (char) => char.charCodeAt(0))

const raw: RawEvent = {
  index: 0,
  dialect: "pushtech",
  topic: Topic.make("events"),
  ip: "1.2.3.4",
  ts: 5,
  host: "h" as ByteString,
  pod: "p" as ByteString,
  path: "/a" as ByteString,
  query: "e" as ByteString,
  userAgent: "ua" as ByteString
}
const record: EnrichedEvent = {
  index: 0,
  topic: Topic.make("events"),
  key: "k",
  value: new Uint8Array([65, 66]),
  received: 5
}

describe("integers travel as integers of up to 64 bits, never as floating point", () => {
  /** Reads 64-bit integers as bigints, and so tells them from floating point. */
  const strict = new Packr({ useRecords: false, int64AsType: "bigint" })
  const wide = 1_796_019_519_806

  test("in batches", () => {
    fc.assert(
      fc.property(fc.array(rawEvent), fc.array(enrichedEvent), (events, records) => {
        const written = [
          Enrich.write({ ...rawBatch(events), claimed: wide }),
          Store.write({ ...enrichedBatch(records), claimed: wide, enriched: wide })
        ]
        for (const bytes of written) {
          const { claimed, numbers } = strict.unpack(bytes)
          expect(claimed).toBe(BigInt(wide))
          for (const number of numbers)
            expect(typeof number).toBe(BigInt(number) > 0xffff_ffffn ? "bigint" : "number")
        }
      })
    )
  })

  test("in any other message, also below zero and inside lists and maps", () => {
    const read = strict.unpack(encode({ at: wide, list: [-wide, 1, 0.5], map: { end: 2 ** 32 } }))
    expect(read).toEqual({ at: BigInt(wide), list: [-BigInt(wide), 1, 0.5], map: { end: 2n ** 32n } })
  })
})

type Message = Readonly<Record<string, unknown>> & { readonly numbers: ReadonlyArray<number> }

/** Changes that make a message unreadable. */
const damages: Readonly<Record<string, (message: Message) => unknown>> = {
  "not a map": () => "hello",
  "no numbers": ({ numbers: _, ...rest }) => rest,
  "a number less": (message) => ({ ...message, numbers: message.numbers.slice(1) }),
  "an event less": (message) => ({ ...message, numbers: [] }),
  "a number that is text": (message) => ({ ...message, numbers: ["0", ...message.numbers.slice(1)] }),
  "a number below zero": (message) => ({ ...message, numbers: [-1, ...message.numbers.slice(1)] }),
  "a number with a fraction": (message) => ({ ...message, numbers: [0.5, ...message.numbers.slice(1)] }),
  "one text or value longer": (message) => ({
    ...message,
    numbers: message.numbers.map((number) => (number === 2 ? 3 : number))
  }),
  "topics that are not named": (message) => ({ ...message, topics: [] }),
  "a topic that is none": (message) => ({ ...message, topics: ["not a topic"] }),
  "events one by one, as an older version wrote them": ({ numbers: _, ...rest }) => ({
    ...rest,
    events: [{}]
  })
}

const refuses = <Batch>(conversation: Conversation<Batch>, batch: Batch): void => {
  const message = decode(conversation.write(batch)) as Message
  for (const [what, damage] of Object.entries(damages)) {
    test(`${conversation.name}: ${what} is unreadable`, () => {
      let failure: unknown
      try {
        conversation.read(encode(damage(message)))
      } catch (thrown) {
        failure = thrown
      }
      expect(failure).toBeInstanceOf(Failure)
      expect(failure).toMatchObject({ reason: "unreadable", infrastructure: true })
    })
  }
}

describe("a message that is not a batch", () => {
  refuses(Enrich, rawBatch([raw]))
  refuses(Store, enrichedBatch([record]))
  test("keys of events without a key are unreadable", () => {
    const message = decode(Store.write(enrichedBatch([record]))) as Message
    expect(() => Store.read(encode({ ...message, keys: ["k", "another"] }))).toThrow(
      "lengths of values or keys"
    )
    expect(() => Store.read(encode({ ...message, keys: [] }))).toThrow("lengths of values or keys")
  })
})

describe("the clients' traces of a batch", () => {
  const traces = [{ index: 7, traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` }]

  test("travel with it; without any, the message has no such field", () => {
    const raw = { ...rawBatch([]), traces }
    expect(Enrich.read(Enrich.write(raw))).toEqual(raw)
    const enriched = { ...enrichedBatch([]), traces }
    expect(Store.read(Store.write(enriched))).toEqual(enriched)
    expect(Object.keys(decode(Enrich.write(rawBatch([]))) as object)).not.toContain("traces")
    expect(Object.keys(decode(Store.write(enrichedBatch([]))) as object)).not.toContain("traces")
  })

  test("of another form are refused", () => {
    const message = decode(Enrich.write(rawBatch([]))) as object
    expect(() => Enrich.read(encode({ ...message, traces: [{ index: "7" }] }))).toThrow(Failure)
  })
})
