/** Bodies labelled as forms: JSON, forms of various clients, and other data. */
import { describe, expect, test } from "bun:test"
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib"
import { queryIn } from "../../../gateway/formats/body-params.ts"
import { HttpError } from "../../../gateway/http/errors.ts"

const form = "application/x-www-form-urlencoded"
const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0))
const read = (body: string | Uint8Array, type: string | null = form): string | number => {
  try {
    return queryIn(type, typeof body === "string" ? new TextEncoder().encode(body) : body)
  } catch (cause) {
    if (cause instanceof HttpError)
      return { "bad-request": 400, "too-large": 413 }[cause.code as string] ?? 415
    throw cause
  }
}

describe("a form", () => {
  test("that is a JSON object is parsed as JSON", () => {
    expect(read('{"item":42,"name":"x y"}')).toBe("item=42&name=x%20y")
    expect(read(' \r\n{"a":{"b":["c"]}}\n')).toBe("a[b][0]=c")
    expect(read('\ufeff{"a":"ü"}')).toBe("a=%C3%BC")
    expect(read(bytesOf('{"a":"\xfc"}'), `${form}; charset=iso-8859-1`)).toBe("a=%C3%BC")
    expect(read("{}")).toBe("")
  })

  test("that looks like JSON, but is invalid or not an object, is refused", () => {
    for (const body of ['{"item":42', '{"a":1} x', "[1]", '[{"a":1}]', '["a', '{"a":"\xff"}'].map(bytesOf))
      expect(read(body)).toBe(400)
    expect(read(`{"a":${'{"a":'.repeat(12)}1${"}".repeat(13)}`)).toBe(400)
    expect(read(`{"a":"${"x".repeat(65_536)}"}`)).toBe(413)
  })

  test("whose names begin with a bracket is unchanged", () => {
    for (const body of ["{a}=1&b=2", "[0]=x&[1]=y", "[]=1", "{a=1", "{}=1", "{1:2}"])
      expect(read(body)).toBe(body)
    expect(read(bytesOf("{a}=\xfc"))).toBe("{a}=\xfc")
  })

  test("loses its byte order mark, and keeps every other byte", () => {
    expect(read(bytesOf("\xef\xbb\xbfa=1"))).toBe("a=1")
    expect(read(bytesOf("\xef\xbb\xbf"))).toBe("")
    expect(read(bytesOf("\xef\xbb\xbfa=1"), "text/plain")).toBe("a=1")
    expect(read(bytesOf("\xef\xbb\xbfa=1"), `${form}; charset=latin1`)).toBe("Ã¯Â»Â¿a=1")
    expect(read(bytesOf("a=\xef\xbb\xbf"))).toBe("a=\xef\xbb\xbf")
    expect(read("a=caf\u00e9 \u00e0\r\n")).toBe("a=caf\xc3\xa9 \xc3\xa0")
    expect(read(bytesOf("name=J\xfcrgen"))).toBe("name=J\xfcrgen")
    expect(read("a\tb=1\n2")).toBe("a\tb=1\n2")
    expect(read(bytesOf("a b=\u0001\u001b\xff&c=\0"))).toBe("a b=\u0001\u001b\xff&c=\0")
    expect(read(bytesOf("J\xfcrgen=1"))).toBe("J\xfcrgen=1")
  })

  test("with binary data is refused", () => {
    const text = "a=1&name=somebody&item=42"
    const packed = Uint8Array.of(0x82, 0xa1, 0x61, 0xa1, 0x62, 0xa1, 0x63, 0xa1, 0x64)
    const cbor = Uint8Array.of(0xa1, 0x61, 0x61, 0x61, 0x62)
    const plainUtf16 = Uint8Array.of(0x61, 0, 0x3d, 0, 0x31, 0)
    const utf16 = Uint8Array.of(0xff, 0xfe, 0x61, 0, 0x3d, 0, 0x31, 0)
    const bodies = [gzipSync("a=1"), gzipSync(text), deflateSync(text), deflateRawSync(text.repeat(9))]
    for (const body of [
      ...bodies,
      brotliCompressSync(text),
      zstdCompressSync(text),
      packed,
      cbor,
      utf16,
      plainUtf16
    ])
      for (const type of [form, "text/plain", null]) expect([body, read(body, type)]).toEqual([body, 400])
  })
})
