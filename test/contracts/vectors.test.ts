/**
 * The golden vectors of contracts/vectors, as every language must read and write them: bytes → JSON, JSON → the same bytes
 * where they are canonical, events from columns, and the refusal of invalid bytes.
 */
import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, Schema } from "effect"
import { accountsFor } from "../../contracts/batch.ts"
import { byteStringOf } from "../../contracts/byte-string.ts"
import { Failure } from "../../contracts/failure.ts"
import { allMessages } from "../../contracts/messages/all-messages.ts"
import { readCopies, readCopySubscription, writeCopies } from "../../contracts/messages/copies.ts"
import { readEnrichedBatch, writeEnrichedBatch } from "../../contracts/messages/enriched-batch.ts"
import type { Format } from "../../contracts/messages/format.ts"
import { decode, encode } from "../../contracts/messages/msgpack.ts"
import { readConsumerProgress } from "../../contracts/messages/progress.ts"
import { readPushedLines, writePushedLines } from "../../contracts/messages/pushed-lines.ts"
import { readRawBatch, writeRawBatch } from "../../contracts/messages/raw-batch.ts"
import { readReply, writeReply } from "../../contracts/messages/reply.ts"
import {
  readStepReply,
  readStepRequest,
  type StepResult,
  writeStepReply,
  writeStepRequest
} from "../../contracts/messages/step.ts"

const folder = join(import.meta.dirname, "..", "..", "contracts", "vectors")

interface Entry {
  readonly message: string
  readonly format: number
  readonly case: string
}

interface Valid extends Entry {
  readonly json: string
  readonly bytes?: string
  readonly canonical?: boolean
  readonly events?: string
}

interface Invalid extends Entry {
  readonly bytes: string
  readonly failure: string
}

const text = (path: string): string => readFileSync(join(folder, path), "utf8")
const bytes = (path: string): Uint8Array => new Uint8Array(readFileSync(join(folder, path)))

/** `{"base64": "…"}` as bytes. */
const withBytes = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map(withBytes)
  if ("base64" in value) return new Uint8Array(Buffer.from(String(value.base64), "base64"))
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withBytes(one)]))
}

/** Bytes of any kind as plain arrays, so that a `Buffer` equals a `Uint8Array`. */
const plain = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return { bytes: [...value] }
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map(plain)
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]))
}

const index = JSON.parse(text("index.json")) as {
  readonly vectors: ReadonlyArray<Valid>
  readonly invalid: ReadonlyArray<Invalid>
}

const nameOf = ({ message, format, case: name }: Entry): string => `${message}.${format}/${name}`

const schemaOf = ({ message, format }: Entry) => {
  const found = allMessages.find(({ name }) => name === message)?.formats[format]?.schema
  if (found === undefined) throw new Error(`There is no message ${message} in format ${format}.`)
  return found as Schema.Codec<unknown>
}

const failureOf = (run: () => unknown): string => {
  try {
    run()
  } catch (cause) {
    if (cause instanceof Failure) return cause.reason
    throw cause
  }
  return "nothing was thrown"
}

const stepOf = (payload: Uint8Array): StepResult => (decode(payload) as { readonly step: StepResult }).step

const name = { id: "01a1fb8bbec97cb7a986b924b7858cf5", digest: "0123456789abcdef" } as Pick<
  StepResult,
  "id" | "digest"
>

/** How our actors read each message; a reply of a step or to a push is read for the request that the vector is about. */
const readers: Readonly<Record<string, (payload: Uint8Array) => unknown>> = {
  "raw-batch": readRawBatch,
  "enriched-batch": readEnrichedBatch,
  "step-request": readStepRequest,
  reply: readReply,
  copies: readCopies,
  "copy-subscription": readCopySubscription,
  "consumer-progress": readConsumerProgress,
  "pushed-lines": readPushedLines,
  "step-reply": (payload) => readStepReply(payload, name, [2, 3, 9, 70_000])
}

/** How our actors write again what they have read. */
const rewritten: Readonly<Record<string, (payload: Uint8Array, format: Format) => Uint8Array>> = {
  "raw-batch": (payload, format) => writeRawBatch(readRawBatch(payload), format),
  "enriched-batch": (payload, format) => writeEnrichedBatch(readEnrichedBatch(payload), format),
  "step-request": (payload) => writeStepRequest(readStepRequest(payload)),
  reply: (payload, format) => {
    const { v: _, ...reply } = decode(payload) as Record<string, unknown>
    return writeReply(reply as ReturnType<typeof readReply>, format)
  },
  copies: (payload, format) => writeCopies(withoutVersion(readCopies(payload)), format),
  "pushed-lines": (payload) => writePushedLines(readPushedLines(payload))
}

const withoutVersion = <A extends object>(message: A): A => {
  const { v: _, ...rest } = message as A & { readonly v?: number }
  return rest as A
}

describe("every vector", () => {
  test("is of a message that exists, and every message and format has one", () => {
    const expected = allMessages.flatMap(({ name: message, formats }) =>
      Object.keys(formats).map((format) => `${message}.${format}`)
    )
    const found = new Set(index.vectors.map(({ message, format }) => `${message}.${format}`))
    expect([...found].sort()).toEqual([...expected].sort())
    expect(index.vectors.length).toBeGreaterThan(100)
  })

  for (const vector of index.vectors) {
    test(`${nameOf(vector)} is decoded to its JSON, follows its schema, and is encoded to the same`, async () => {
      const value = withBytes(JSON.parse(text(vector.json)))
      const isValid = await Effect.runPromise(
        Effect.result(Schema.decodeUnknownEffect(schemaOf(vector))(value))
      )
      expect(isValid).toMatchObject({ _tag: "Success" })
      if (vector.bytes === undefined) return
      const payload = bytes(vector.bytes)
      expect(plain(decode(payload))).toEqual(plain(value))
      expect(plain(decode(encode(value)))).toEqual(plain(value))
      if (vector.canonical === true) expect(plain(encode(value))).toEqual(plain(payload))
    })
  }
})

describe("our actors", () => {
  test("write every canonical vector as it is", () => {
    for (const vector of index.vectors) {
      const rewrite = rewritten[vector.message]
      if (rewrite === undefined || vector.bytes === undefined) continue
      const payload = bytes(vector.bytes)
      const again = rewrite(payload, vector.format as Format)
      // The bytes of a copy are written after its other fields.
      if (vector.canonical === true && vector.message !== "copies")
        expect([nameOf(vector), plain(again)]).toEqual([nameOf(vector), plain(payload)])
      expect(plain(decode(again))).toEqual(plain(decode(payload)))
    }
    const results = index.vectors.filter(
      ({ message, case: own }) => message === "step-reply" && !own.startsWith("failure")
    )
    expect(results).toHaveLength(3)
    for (const { bytes: path = "" } of results)
      expect(plain(writeStepReply(stepOf(bytes(path))))).toEqual(plain(bytes(path)))
  })

  test("take the events of a batch from its columns", () => {
    const batches = index.vectors.filter(({ events }) => events !== undefined)
    expect(batches.length).toBeGreaterThan(30)
    for (const vector of batches) {
      const events = eventsOf(readers[vector.message]?.(bytes(vector.bytes ?? "")))
      const rows = withBytes(JSON.parse(text(vector.events ?? ""))) as ReadonlyArray<Record<string, unknown>>
      const expected = vector.message === "raw-batch" ? rows.map(asByteStrings) : rows
      expect([nameOf(vector), plain(events)]).toEqual([nameOf(vector), plain(expected)])
    }
  })

  test("confirm a batch only with a receipt that accounts for all of its events", () => {
    const { request, receipts } = JSON.parse(text("receipts.json")) as {
      readonly request: typeof name & { readonly indices: ReadonlyArray<number> }
      readonly receipts: ReadonlyArray<{
        readonly about: string
        readonly isValid: boolean
        readonly receipt: Parameters<typeof accountsFor>[0]
      }>
    }
    expect(receipts.length).toBeGreaterThan(10)
    for (const { about, isValid, receipt } of receipts)
      expect([about, accountsFor(receipt, request, request.indices)]).toEqual([about, isValid])
  })
})

const eventsOf = (batch: unknown): unknown => (batch as { readonly events: unknown } | undefined)?.events

/** The texts of a raw event as our actors keep them: one character per byte. */
const asByteStrings = (row: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(row).map(([field, value]) => [
      field,
      value instanceof Uint8Array ? byteStringOf(value) : value
    ])
  )

describe("invalid bytes are refused", () => {
  for (const vector of index.invalid)
    test(`${nameOf(vector)}: ${vector.failure}`, () => {
      expect(failureOf(() => readers[vector.message]?.(bytes(vector.bytes)))).toBe(vector.failure)
    })
})
