/** Lines from an edge and the reply: written ones are read unchanged; a reply that does not confirm all lines is refused. */
import { describe, expect, test } from "bun:test"
import { Schema } from "effect"
import type { ByteString } from "../../../contracts/event.ts"
import { Failure } from "../../../contracts/failure.ts"
import { PushId, Topic } from "../../../contracts/ids.ts"
import { decode, encode } from "../../../contracts/messages/msgpack.ts"
import {
  newPushId,
  PushedLinesMessage,
  PushedReply,
  readPushedLines,
  readPushedReply,
  writePushedLines,
  writePushedReply
} from "../../../contracts/messages/pushed-lines.ts"

const allBytes = String.fromCharCode(...Array(256).keys()) as ByteString
const id = newPushId()
const request = { id, lines: [allBytes, "" as ByteString], defaultTopic: Topic.make("clicks") }

const reasonOf = (run: () => unknown): string => {
  try {
    run()
  } catch (cause) {
    if (cause instanceof Failure) return cause.reason
    throw cause
  }
  return "nothing was thrown"
}

describe("the id of a push", () => {
  test("has 26 characters, sorts by time, and is never repeated", () => {
    const ids = Array.from({ length: 1_000 }, () => newPushId())
    expect(new Set(ids).size).toBe(1_000)
    expect(ids.every(Schema.is(PushId))).toBe(true)
    expect(newPushId(1_795_206_900_122) < newPushId(1_795_206_900_123)).toBe(true)
  })
})

describe("pushed lines", () => {
  test("are read as they were written, whatever bytes are in them", () => {
    const payload = writePushedLines(request)
    expect(Schema.is(PushedLinesMessage)(decode(payload))).toBe(true)
    expect(readPushedLines(payload)).toEqual(request)
    expect(readPushedLines(writePushedLines({ id, lines: [] }))).toEqual({ id, lines: [] })
  })

  for (const [what, message] of Object.entries({
    "no map": 5,
    "no version": { id, lines: [] },
    "a newer version": { v: 3, id, lines: [] },
    "lines as texts": { v: 2, id, lines: ["a"] },
    "an id in another form": { v: 2, id: "a", lines: [] },
    "a topic that Kafka refuses": { v: 2, id, lines: [], defaultTopic: "a b" }
  })) {
    test(`are unreadable: ${what}`, () => {
      expect(reasonOf(() => readPushedLines(encode(message)))).toBe("unreadable")
    })
  }
})

describe("the reply to a push", () => {
  test("confirms exactly the lines of the request", () => {
    const payload = writePushedReply({ id, count: 2 })
    expect(Schema.is(PushedReply)(decode(payload))).toBe(true)
    expect(readPushedReply(payload, request)).toEqual({ id, count: 2 })
    expect(reasonOf(() => readPushedReply(writePushedReply({ id, count: 1 }), request))).toBe("unreadable")
    const other = writePushedReply({ id: newPushId(), count: 2 })
    expect(reasonOf(() => readPushedReply(other, request))).toBe("unreadable")
    expect(reasonOf(() => readPushedReply(encode({ pushed: { id, count: 2 } }), request))).toBe("unreadable")
  })

  test("with a failure throws that failure", () => {
    const payload = writePushedReply(new Failure({ reason: "busy", message: "the queue is full" }))
    expect(reasonOf(() => readPushedReply(payload, request))).toBe("busy")
  })
})
