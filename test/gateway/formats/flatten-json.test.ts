/** JSON values are flattened to a query by the contract, without loss. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import type { ByteString } from "../../../contracts/event.ts"
import { parseParams } from "../../../contracts/wire/params.ts"
import { flattened } from "../../../gateway/formats/flatten-json.ts"
import { JsonObject, readJson } from "../../../gateway/http/body/json.ts"

const flat = (text: string): string | undefined => {
  const { value } = readJson(text)
  if (!(value instanceof JsonObject)) throw new Error("no object")
  return flattened(value)
}

describe("flattening", () => {
  const cases: ReadonlyArray<readonly [what: string, json: string, query: string]> = [
    ["an object in an object, a list in an object", '{"a":{"b":"c"},"l":["x","y"]}', "a[b]=c&l[0]=x&l[1]=y"],
    ["lists of objects", '{"items":[{"id":7},{"id":8}]}', "items[0][id]=7&items[1][id]=8"],
    ["true, false, null", '{"t":true,"f":false,"n":null}', "t=true&f=false&n="],
    [
      "numbers as written",
      '{"a":12345678901234567890,"b":1.10,"c":1e3}',
      "a=12345678901234567890&b=1.10&c=1e3"
    ],
    ["what is empty keeps its name", '{"o":{},"l":[],"s":""}', "o=&l=&s="],
    ["nothing at all", "{}", ""],
    ["a name twice", '{"a":1,"a":2}', "a=1&a=2"],
    ["RFC 3986, never +", '{"a b":"c d+e&f=g%","ü":"é\\n"}', "a%20b=c%20d%2Be%26f%3Dg%25&%C3%BC=%C3%A9%0A"],
    ["brackets of the client are no brackets of ours", '{"a[b]":{"c]":1}}', "a%5Bb%5D[c%5D]=1"],
    ["a lone surrogate", '{"a":"\\ud800"}', "a=%EF%BF%BD"],
    ["names that mean something elsewhere", '{"__proto__":{"x":1}}', "__proto__[x]=1"]
  ]
  for (const [what, json, query] of cases) test(what, () => expect(flat(json)).toBe(query))

  test("every text comes out as it went in", () => {
    const text = fc.string({ unit: "grapheme" })
    fc.assert(
      fc.property(fc.dictionary(text, text, { maxKeys: 20 }), (object) => {
        const params = parseParams((flat(JSON.stringify(object)) ?? "") as ByteString)
        expect(params.map(([name, value]) => [name, value])).toEqual(Object.entries(object))
      })
    )
  })

  test("up to 65,536 bytes, and not one more", () => {
    const object = (length: number) => `{"a":${JSON.stringify("x".repeat(length))}}`
    expect(flat(object(65_534))?.length).toBe(65_536)
    expect(flat(object(65_535))).toBeUndefined()
    expect(flat(`{"${"x".repeat(65_534)}":"a","b":"c"}`)).toBeUndefined()
    expect(
      flat(`{"${"x".repeat(60_000)}":${JSON.stringify(Array.from({ length: 256 }, () => 1))}}`)
    ).toBeUndefined()
  })
})
