/** JSON values are flattened to a query by the contract, without loss. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import type { ByteString } from "../../../contracts/event.ts"
import { parseParams } from "../../../contracts/wire/params.ts"
import { flattened } from "../../../gateway/formats/flatten-json.ts"
import { JsonObject, readJson } from "../../../gateway/http/body/json.ts"

const flat = (text: string): string | undefined => {
  const { value } = readJson(text)
  if (!(value instanceof JsonObject)) throw new Error("The JSON is not an object.")
  return flattened(value)
}

describe("flattening", () => {
  const cases: ReadonlyArray<readonly [what: string, json: string, query: string]> = [
    [
      "an object in an object, an array in an object",
      '{"a":{"b":"c"},"l":["x","y"]}',
      "a[b]=c&l[0]=x&l[1]=y"
    ],
    ["arrays of objects", '{"items":[{"id":7},{"id":8}]}', "items[0][id]=7&items[1][id]=8"],
    ["true, false, null", '{"t":true,"f":false,"n":null}', "t=true&f=false&n="],
    [
      "numbers as written",
      '{"a":12345678901234567890,"b":1.10,"c":1e3}',
      "a=12345678901234567890&b=1.10&c=1e3"
    ],
    ["empty values keep their names", '{"o":{},"l":[],"s":""}', "o=&l=&s="],
    ["an empty object", "{}", ""],
    ["a duplicate name", '{"a":1,"a":2}', "a=1&a=2"],
    [
      "encoding by RFC 3986, a space never as +",
      '{"a b":"c d+e&f=g%","ü":"é\\n"}',
      "a%20b=c%20d%2Be%26f%3Dg%25&%C3%BC=%C3%A9%0A"
    ],
    ["the client's own brackets are encoded", '{"a[b]":{"c]":1}}', "a%5Bb%5D[c%5D]=1"],
    ["a lone surrogate", '{"a":"\\ud800"}', "a=%EF%BF%BD"],
    ["names with a special meaning in JavaScript", '{"__proto__":{"x":1}}', "__proto__[x]=1"]
  ]
  for (const [what, json, query] of cases) test(what, () => expect(flat(json)).toBe(query))

  test("every text survives flattening and parsing", () => {
    const text = fc.string({ unit: "grapheme" })
    fc.assert(
      fc.property(fc.dictionary(text, text, { maxKeys: 20 }), (object) => {
        const params = parseParams((flat(JSON.stringify(object)) ?? "") as ByteString)
        expect(params.map(([name, value]) => [name, value])).toEqual(Object.entries(object))
      })
    )
  })

  test("the query has at most 65,536 bytes", () => {
    const object = (length: number) => `{"a":${JSON.stringify("x".repeat(length))}}`
    expect(flat(object(65_534))?.length).toBe(65_536)
    expect(flat(object(65_535))).toBeUndefined()
    expect(flat(`{"${"x".repeat(65_534)}":"a","b":"c"}`)).toBeUndefined()
    expect(
      flat(`{"${"x".repeat(60_000)}":${JSON.stringify(Array.from({ length: 256 }, () => 1))}}`)
    ).toBeUndefined()
  })
})
