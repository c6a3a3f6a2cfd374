/** Parameters of a step are encoded and stand before those of the client, whose bytes stay. */
import { expect, test } from "bun:test"
import { Buffer } from "node:buffer"
import fc from "fast-check"
import { addParams } from "../../../actors/transform/add-params.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { parseParams } from "../../../contracts/wire/params.ts"
import { splitRecord } from "../../../contracts/wire/record.ts"

const record = (query: string): Uint8Array => Buffer.from(`buy type=Mobile&os=iOS ${query}`, "latin1")
const added = (query: string, params: Record<string, string>): string =>
  Buffer.from(addParams(record(query), params)).toString("latin1")

test.each([
  ["a=1&a=2", { score: "0.5" }, "score=0.5&a=1&a=2"],
  [
    "score=99",
    { score: "0.5", score_why: "a b&c=d/ü" },
    "score=0.5&score_why=a%20b%26c%3Dd%2F%C3%BC&score=99"
  ],
  ["e", { score: "1" }, "score=1"],
  ["p", { score: "" }, "score="],
  ["\xff\x00=\xe9", { score: "1" }, "score=1&\xff\x00=\xe9"]
])("%p with %p", (query, params, expected) => {
  expect(added(query, params)).toBe(`buy type=Mobile&os=iOS ${expected}`)
})

test("without parameters the record is the same", () => {
  const value = record("a=1")
  expect(addParams(value, {})).toBe(value)
})

test("any text comes back decoded, before the unchanged query", () => {
  const text = fc.string({ unit: "grapheme" })
  fc.assert(
    fc.property(text, text, (one, two) => {
      const split = splitRecord(added("x=%41&y", { score: one, score_b: two }) as ByteString)
      expect(split?.params.endsWith("&x=%41&y")).toBe(true)
      expect(parseParams(split?.params ?? ("" as ByteString)).slice(0, 2)).toEqual([
        ["score", one],
        ["score_b", two]
      ])
    })
  )
})
