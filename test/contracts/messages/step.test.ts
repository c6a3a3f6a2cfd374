/** Requests to enrichment steps and their replies: written ones are read unchanged; a reply to another request is refused. */
import { describe, expect, test } from "bun:test"
import { Schema } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import { type BatchDigest, type BatchId, Topic } from "../../../contracts/ids.ts"
import { decode, encode } from "../../../contracts/messages/msgpack.ts"
import {
  maxStepParamsBytes,
  readStepReply,
  readStepRequest,
  StepReply,
  StepRequest,
  type StepResult,
  writeStepReply,
  writeStepRequest
} from "../../../contracts/messages/step.ts"

const name = {
  id: "01a1fb8bbec97cb7a986b924b7858cf5" as BatchId,
  digest: "0123456789abcdef" as BatchDigest
}
const events = [3, 4].map((index) => ({
  index,
  topic: Topic.make("clicks"),
  value: new Uint8Array([97, 0, 255, index]),
  received: 1_795_206_900_123
}))
const result: StepResult = {
  ...name,
  added: [{ index: 4, params: { score: "0.97", "ein name": "größer" } }],
  failed: [{ index: 3, message: "no model for this event" }]
}

const thrownBy = (run: () => unknown): Failure => {
  try {
    run()
  } catch (cause) {
    if (cause instanceof Failure) return cause
    throw cause
  }
  throw new Error("nothing was thrown")
}

describe("a request to a step", () => {
  test("is an enriched batch in format 2", () => {
    const batch = { ...name, claimed: 1_795_206_900_500, enriched: 1_795_206_900_600, events }
    const payload = writeStepRequest(batch)
    expect(Schema.is(StepRequest)(decode(payload))).toBe(true)
    expect(Object.keys(decode(payload) as object)[0]).toBe("v")
    const read = readStepRequest(payload)
    expect(read.events.map(({ value }) => [...value])).toEqual(events.map(({ value }) => [...value]))
    expect({ ...read, events: [] }).toEqual({ ...batch, events: [] })
  })
})

describe("the reply of a step", () => {
  test("is read as it was written", () => {
    const payload = writeStepReply(result)
    expect(Schema.is(StepReply)(decode(payload))).toBe(true)
    expect(readStepReply(payload, name, [3, 4])).toEqual(result)
  })

  test("with a failure throws that failure", () => {
    const payload = writeStepReply(new Failure({ reason: "busy", message: "16 requests are in flight" }))
    const { reason, message } = thrownBy(() => readStepReply(payload, name, [3, 4]))
    expect({ reason, message }).toEqual({ reason: "busy", message: "16 requests are in flight" })
  })

  const wrong: Readonly<Record<string, unknown>> = {
    "no MessagePack map": "step",
    "format 1": { step: result },
    "another batch": { v: 2, step: { ...result, id: "01a1fb8bbec97cb7a986b924b7858cf6" } },
    "other lines": { v: 2, step: { ...result, digest: "0123456789abcdee" } },
    "an event that was not asked about": {
      v: 2,
      step: { ...result, added: [{ index: 5, params: { a: "b" } }] }
    },
    "an event twice": { v: 2, step: { ...result, added: [...result.added, ...result.added] } },
    "an event in both lists": { v: 2, step: { ...result, failed: [{ index: 4, message: "" }] } },
    "a value that is no text": { v: 2, step: { ...result, added: [{ index: 4, params: { score: 0.97 } }] } },
    "a parameter without a name": { v: 2, step: { ...result, added: [{ index: 4, params: { "": "x" } }] } },
    "a negative index": { v: 2, step: { ...result, added: [{ index: -1, params: {} }] } }
  }
  for (const [what, message] of Object.entries(wrong)) {
    test(`is unreadable: ${what}`, () => {
      expect(thrownBy(() => readStepReply(encode(message), name, [3, 4])).reason).toBe("unreadable")
    })
  }

  test("with too many bytes for one event loses only that event", () => {
    const long = "é".repeat(maxStepParamsBytes / 2)
    const added = [
      { index: 3, params: { a: long.slice(1), b: "" } },
      { index: 4, params: { a: long } }
    ]
    const read = readStepReply(writeStepReply({ ...name, added, failed: [] }), name, [3, 4])
    expect(read.added.map(({ index }) => index)).toEqual([3])
    expect(read.failed).toEqual([
      { index: 4, message: "the step added 8193 bytes of parameters; the limit is 8192 bytes" }
    ])
  })
})
