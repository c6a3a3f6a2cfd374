/** Bytes that every reader must refuse, each with the reason that it must report. */
import { compact } from "../compact-msgpack.ts"
import { enrichedBatches } from "./enriched-batches.ts"
import { observerVectors } from "./observers.ts"
import { rawBatches } from "./raw-batches.ts"
import { replyVectors } from "./replies.ts"
import { type InvalidVector, utf8, type Vector } from "./vector.ts"

type Fields = Record<string, unknown>

const all: ReadonlyArray<Vector> = [...rawBatches, ...enrichedBatches, ...replyVectors, ...observerVectors]

/** A valid message to spoil. */
const valid = (message: string, format: number, name: string): Fields => {
  const vector = all.find((one) => one.message === message && one.format === format && one.case === name)
  if (vector === undefined) throw new Error(`There is no vector ${message}.${format}/${name}.`)
  return structuredClone(vector.value) as Fields
}

const without = (fields: Fields, name: string): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([other]) => other !== name))

const numbersOf = (fields: Fields): Array<number> => [...(fields.numbers as ReadonlyArray<number>)]

const withNumber = (fields: Fields, at: number, number: unknown): Fields => ({
  ...fields,
  numbers: numbersOf(fields).map((old, place) => (place === at ? number : old))
})

type Spoiled = readonly [name: string, about: string, value: unknown]

/** Damage that any message in MessagePack can have. */
const damaged = (message: string, format: number, base: Fields): ReadonlyArray<InvalidVector> => {
  const bytes = compact(base)
  const vectors: ReadonlyArray<readonly [string, string, Uint8Array]> = [
    ["empty", "No bytes.", new Uint8Array()],
    ["not-messagepack", "The byte 0xC1, which MessagePack never uses.", Uint8Array.of(0xc1)],
    ["truncated", "The last byte is missing.", bytes.subarray(0, -1)],
    ["trailing", "A second value after the message.", Uint8Array.of(...bytes, 0xc0)],
    ["json", "The message as JSON text.", utf8(JSON.stringify({ ...base, values: "", texts: "" }))],
    ["no-map", "A list instead of a map.", compact(Object.values(base))]
  ]
  return vectors.map(([name, about, spoiled]) => ({
    ...{ message, format, case: name, about },
    bytes: spoiled,
    failure: "unreadable"
  }))
}

const spoiled = (
  message: string,
  format: number,
  vectors: ReadonlyArray<Spoiled>
): ReadonlyArray<InvalidVector> =>
  vectors.map(([name, about, value]) => ({
    ...{ message, format, case: name, about },
    bytes: compact(value),
    failure: "unreadable"
  }))

/** What both kinds of batch have in common. */
const spoiledBatch = (base: Fields): ReadonlyArray<Spoiled> => [
  ["no-id", "The field id is missing.", without(base, "id")],
  ["no-numbers", "The field numbers is missing.", without(base, "numbers")],
  [
    "bad-digest",
    "The digest is not 16 lower-case hexadecimal digits.",
    { ...base, digest: "0123456789ABCDEF" }
  ],
  ["bad-topic", "The name of a topic has a space.", { ...base, topics: ["a topic"] }],
  ["id-as-bytes", "The id is bytes instead of text.", { ...base, id: utf8(String(base.id)) }],
  ["number-left-over", "There is one number too many.", { ...base, numbers: [...numbersOf(base), 0] }],
  ["number-missing", "There is one number too few.", { ...base, numbers: numbersOf(base).slice(0, -1) }],
  ["negative-number", "The index of an event is negative.", withNumber(base, 0, -1)],
  ["fraction", "The index of an event is 0.5.", withNumber(base, 0, 0.5)],
  ["text-as-number", "The index of an event is text.", withNumber(base, 0, "0")],
  ["over-53-bits", "The index of an event is 2^53.", withNumber(base, 0, 2n ** 53n)],
  ["newer-format", "Format 3; the failure names the formats that the reader reads.", { ...base, v: 3 }]
]

const raw = valid("raw-batch", 2, "one-event")
const enriched = valid("enriched-batch", 2, "one-record")
const step = valid("step-request", 2, "one-record")

const spoiledRaw: ReadonlyArray<Spoiled> = [
  ...spoiledBatch(raw),
  ["unknown-topic", "An event names a topic that is not in the list.", withNumber(raw, 2, 1)],
  ["lengths-too-long", "The lengths name more bytes than there are.", withNumber(raw, 9, 10_000)],
  ["lengths-too-short", "Bytes are left over.", withNumber(raw, 9, 0)],
  ["texts-as-text", "The texts are text, as in format 1.", { ...raw, texts: "a" }]
]

const spoiledRecords = (base: Fields): ReadonlyArray<Spoiled> => [
  ...spoiledBatch(base),
  ["unknown-topic", "An event names a topic that is not in the list.", withNumber(base, 1, 1)],
  ["lengths-too-long", "The lengths name more bytes than there are.", withNumber(base, 3, 10_000)],
  ["lengths-too-short", "Bytes are left over.", withNumber(base, 3, 0)],
  ["key-missing", "An event has a key, and the list of keys is empty.", withNumber(base, 4, 1)],
  ["key-left-over", "A key belongs to no event.", { ...base, keys: ["a"] }],
  ["values-as-text", "The records are text.", { ...base, values: "a" }]
]

const receipt = valid("reply", 2, "some-rejected").receipt as Fields

const spoiledReplies: ReadonlyArray<Spoiled> = [
  ["neither", "Neither a receipt nor a failure.", { v: 2 }],
  ["no-digest", "A receipt without a digest.", { v: 2, receipt: without(receipt, "digest") }],
  [
    "unknown-reason",
    "A failure with a reason that does not exist.",
    { v: 2, failure: { reason: "tired", message: "" } }
  ],
  ["no-message", "A failure without a message.", { v: 2, failure: { reason: "busy" } }],
  [
    "unknown-rejection",
    "A rejection with a reason that does not exist.",
    {
      v: 2,
      receipt: { ...receipt, rejected: [{ index: 3, topic: "clicks", stage: "enricher", reason: "tired" }] }
    }
  ],
  [
    "offset-as-number",
    "An offset as a number.",
    {
      v: 2,
      receipt: { ...receipt, placements: [{ topic: "clicks", partition: 0, offset: 7, count: 2, at: 1 }] }
    }
  ],
  ["newer-format", "Format 3.", { v: 3, receipt }]
]

const result = valid("step-reply", 2, "added").step as Fields

const spoiledSteps: ReadonlyArray<Spoiled> = [
  ["neither", "Neither a result nor a failure.", { v: 2 }],
  ["no-version", "The field v is missing.", { step: result }],
  ["no-failed", "The list failed is missing.", { v: 2, step: without(result, "failed") }],
  [
    "number-as-value",
    "A parameter is a number.",
    { v: 2, step: { ...result, added: [{ index: 2, params: { score: 1 } }] } }
  ],
  [
    "nameless",
    "A parameter has no name.",
    { v: 2, step: { ...result, added: [{ index: 2, params: { "": "1" } }] } }
  ],
  [
    "negative-index",
    "An index is negative.",
    { v: 2, step: { ...result, added: [{ index: -1, params: {} }] } }
  ]
]

const push = valid("pushed-lines", 2, "default-topic")

const spoiledPushes: ReadonlyArray<Spoiled> = [
  ["no-version", "The field v is missing.", without(push, "v")],
  ["bad-id", "The id has 25 characters.", { ...push, id: String(push.id).slice(1) }],
  ["lines-as-text", "A line is text.", { ...push, lines: ["a"] }],
  ["bad-topic", "The name of the topic has a space.", { ...push, defaultTopic: "a topic" }],
  ["newer-format", "Format 3.", { ...push, v: 3 }]
]

export const invalidVectors: ReadonlyArray<InvalidVector> = [
  ...damaged("raw-batch", 2, raw),
  ...spoiled("raw-batch", 2, spoiledRaw),
  ...damaged("enriched-batch", 2, enriched),
  ...spoiled("enriched-batch", 2, spoiledRecords(enriched)),
  ...damaged("step-request", 2, step),
  ...spoiled("step-request", 2, spoiledRecords(step)),
  ...spoiled("reply", 2, spoiledReplies),
  ...spoiled("step-reply", 2, spoiledSteps),
  ...damaged("pushed-lines", 2, push),
  ...spoiled("pushed-lines", 2, spoiledPushes)
]
