/** Parameters are decoded like forms, in order, with any name, and parsing never fails. */
import { expect, test } from "bun:test"
import fc from "fast-check"
import { bytesOf } from "../../../contracts/event.ts"
import { paramValue, paramValues, parseParams } from "../../../contracts/wire/params.ts"
import { bytes } from "./vectors.ts"

const read = (query: string) => parseParams(bytes(query))

test("keeps order and repetition", () => {
  expect(read("b=1&a=2&b=3&b[c]=d")).toEqual([
    ["b", "1"],
    ["a", "2"],
    ["b", "3"],
    ["b[c]", "d"]
  ])
})

test("e, p and nothing are an empty query; e= and p= are parameters", () => {
  expect([read("e"), read("p"), read("")]).toEqual([[], [], []])
  expect([read("e="), read("p=1"), read("e&p")]).toEqual([
    [["e", ""]],
    [["p", "1"]],
    [
      ["e", ""],
      ["p", ""]
    ]
  ])
})

test("decodes form encoding, and leaves invalid escapes", () => {
  expect(read("a+b=c%20d%2B&%C3%A9=%e2%82%ac&x=%zz%4&y=100%&z==&&w")).toEqual([
    ["a b", "c d+"],
    ["é", "€"],
    ["x", "%zz%4"],
    ["y", "100%"],
    ["z", "="],
    ["w", ""]
  ])
  expect(read("a=%ff%C3")).toEqual([["a", "\ufffd\ufffd"]])
  expect(parseParams(bytesOf("naïve=😀"))).toEqual([["naïve", "😀"]])
})

test("accepts names of JavaScript's own properties", () => {
  expect(read("__proto__=1&constructor=2&toString")).toEqual([
    ["__proto__", "1"],
    ["constructor", "2"],
    ["toString", ""]
  ])
  expect(paramValue(bytes("a=1"), "__proto__")).toBeUndefined()
})

test("one parameter has the same value as in the list of all", () => {
  const piece = fc.constantFrom(
    "a",
    "b",
    "ab",
    "%61",
    "%",
    "+",
    "=",
    "&",
    "&a=",
    "a=1",
    "\xff",
    "%C3%A9",
    "\xc3\xa9"
  )
  fc.assert(
    fc.property(fc.array(piece), fc.constantFrom("a", "ab", "b", "", " ", "é", "%"), (pieces, name) => {
      const query = bytes(pieces.join(""))
      expect(paramValue(query, name)).toBe(parseParams(query).find(([key]) => key === name)?.[1])
      const all = parseParams(query).filter(([key]) => key === name)
      expect(paramValues(query, name)).toEqual(all.map(([, value]) => value))
    }),
    { numRuns: 5_000 }
  )
})

test("a list is found under its name in every notation, and similar names are not", () => {
  const query = bytes("a=1&a[]=2&a[0]=3&a%5B%5D=4&%61=5&a[x]=6&a[0][1]=7&ab=8&a[=9&a")
  expect(paramValues(query, "a")).toEqual(["1", "2", "3", "4", "5", ""])
  expect(paramValues(bytes("e"), "e")).toEqual([])
})

test("encoded values are decoded unchanged", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", minLength: 1 }),
      fc.string({ unit: "grapheme" }),
      (name, value) => {
        const query = bytes(`x=1&${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
        expect(read(query)[1]).toEqual([name, value])
        expect(paramValue(query, name)).toBe(name === "x" ? "1" : value)
      }
    )
  )
})
