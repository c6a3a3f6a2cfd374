/** Our JSON reader accepts what JSON.parse accepts, and keeps what JSON.parse loses. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import {
  InvalidJson,
  type Json,
  JsonNumber,
  JsonObject,
  readJson
} from "../../../../gateway/http/body/json.ts"

/** As JSON.parse returns it: the last of duplicate names, numbers as doubles. */
const plain = (value: Json): unknown => {
  if (value instanceof JsonNumber) return Number(value.text)
  if (value instanceof JsonObject)
    return Object.fromEntries(value.pairs.map(([name, one]) => [name, plain(one)]))
  return Array.isArray(value) ? value.map(plain) : value
}

const outcome = (read: () => unknown): unknown => {
  try {
    return { value: read() }
  } catch (cause) {
    return cause instanceof InvalidJson || cause instanceof SyntaxError ? "no JSON" : cause
  }
}

const same = (text: string): void =>
  expect(outcome(() => plain(readJson(text).value))).toEqual(outcome(() => JSON.parse(text)))

describe("JSON", () => {
  test("is parsed as by JSON.parse", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        fc.pre(readJson(text).excess === undefined)
        same(text)
      }),
      { numRuns: 300 }
    )
  })

  test("any text is invalid JSON exactly if JSON.parse rejects it", () => {
    const piece = fc.constantFrom(
      ...'{}[],:"\\ \n\t\u0000\u2028'.split(""),
      ...[
        "true",
        "nul",
        "null",
        "-",
        "0",
        "01",
        "1e5",
        "1e",
        "1.",
        ".5",
        "\\u00",
        "\\ud800",
        "\\x",
        "a",
        '"a"'
      ]
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => same(pieces.join(""))),
      { numRuns: 3_000 }
    )
  })

  test("with one changed character it is valid exactly if JSON.parse accepts it", () => {
    const text = '{"a\\u0041":[1,-2.5e+3,true,false,null,"x\\n"],"b":{"c":{}}}'
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ minLength: 0, maxLength: 1 }), (at, char) =>
        same(text.slice(0, at) + char + text.slice(at + 1))
      ),
      { numRuns: 1_000 }
    )
  })

  test("numbers keep their digits", () => {
    for (const digits of ["12345678901234567890", "1.10", "-0", "1E400", "0.1e-7"]) {
      expect(readJson(digits).value).toEqual(new JsonNumber(digits))
    }
  })

  test("a duplicate name is kept, and no name has a special meaning", () => {
    const { value } = readJson('{"a":1,"__proto__":{"x":1},"a":2,"constructor":3}')
    if (!(value instanceof JsonObject)) throw new Error("no object")
    expect(value.pairs.map(([name]) => name)).toEqual(["a", "__proto__", "a", "constructor"])
    expect(({} as { x?: number }).x).toBeUndefined()
  })
})

describe("values over a limit", () => {
  const deep = (depth: number): string => `${"[".repeat(depth)}${"]".repeat(depth)}`
  const wide = (values: number): string => `[${Array.from({ length: values }, () => "0").join()}]`

  test("depth", () => {
    expect(readJson(deep(8)).excess).toBeUndefined()
    expect(readJson(deep(9)).excess).toBe("Values may be nested at most 8 levels deep.")
  })

  test("values, the empty ones too", () => {
    expect(readJson(wide(256)).excess).toBeUndefined()
    expect(readJson(wide(257)).excess).toBe("At most 256 values are allowed.")
    expect(readJson(wide(300).replaceAll("0", "{}")).excess).toBe("At most 256 values are allowed.")
  })

  test("are parsed and not kept", () => {
    const { value } = readJson(wide(100_000))
    expect((value as ReadonlyArray<Json>).length).toBeLessThanOrEqual(256)
  })

  test("a long text of brackets fails early", () => {
    expect(() => readJson("[".repeat(1_000_000))).toThrow("too deep")
  })
})
