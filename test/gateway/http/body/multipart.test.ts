/** Multipart forms as various clients write them, and those that are refused. */
import { describe, expect, test } from "bun:test"
import { queryIn } from "../../../../gateway/formats/body-params.ts"
import { maxQueryBytes } from "../../../../gateway/formats/limits.ts"
import { maxValues } from "../../../../gateway/http/body/json.ts"
import { HttpError } from "../../../../gateway/http/errors.ts"

const read = (text: string, type = "multipart/form-data; boundary=x"): string => {
  try {
    return queryIn(type, new TextEncoder().encode(text))
  } catch (cause) {
    if (cause instanceof HttpError) return `${cause.code}: ${cause.message}`
    throw cause
  }
}
const part = (headers: string, value: string): string => `--x\r\n${headers}\r\n\r\n${value}\r\n`
const named = (name: string): string => `Content-Disposition: form-data; name="${name}"`
const end = "--x--\r\n"

describe("a multipart form", () => {
  test("has its fields as parameters, in order, byte for byte", () => {
    expect(read(part(named("page"), "/home") + end)).toBe("page=%2Fhome")
    expect(read(part(named("a"), "1") + part(named("a"), "") + part(named("ü[]"), "ü\r\n--y +") + end)).toBe(
      "a=1&a=&%C3%BC%5B%5D=%C3%BC%0D%0A--y%20%2B"
    )
    expect(read(end)).toBe("")
    expect(read("--x--")).toBe("")
    expect(read("")).toBe("")
  })

  test("is parsed as written by any client", () => {
    const wanted = "a=1"
    expect(read(`a preamble\r\n${part(named("a"), "1")}${end}an epilogue`)).toBe(wanted)
    expect(read(part("content-disposition:form-data;name=a", "1") + end)).toBe(wanted)
    expect(read(part(`Content-Type: text/plain\r\n${named("a")}\r\nX-Y: z`, "1") + end)).toBe(wanted)
    expect(read(part(named("a"), "1").replace("--x", "--x \t") + end)).toBe(wanted)
    expect(read(`\ufeff${part(named("a"), "1")}${end}`)).toBe(wanted)
    for (const type of ['Multipart/Form-Data; Boundary="x"', "multipart/form-data;charset=utf-8; boundary=x"])
      expect(read(part(named("a"), "1") + end, type)).toBe(wanted)
    expect(read(`--aB\r\n${named("a")}\r\n\r\n1\r\n--aB--`, "multipart/form-data; boundary=aB")).toBe(wanted)
    expect(read(part(named("%22%0D%0A%41"), "1") + part(named('\\"'), "2") + end)).toBe(
      "%22%0D%0A%2541=1&%22=2"
    )
  })

  test("written by the runtime itself is parsed completely", async () => {
    const data = new FormData()
    const fields = [
      ["page", "/home?a=1&b=2"],
      ['na"me', "ü € 😀"],
      ["empty", ""],
      ["__proto__", "line\r\nline"]
    ] as const
    for (const [name, value] of fields) data.append(name, value)
    const request = new Request("http://h/", { method: "POST", body: data })
    const query = queryIn(request.headers.get("content-type"), await request.bytes())
    expect(query.split("&").map((pair) => pair.split("=").map(decodeURIComponent))).toEqual(
      fields.map((field) => [...field])
    )
  })

  test("may have an unused file input, and no other file", () => {
    const unused = part(`${named("file")}; filename=""\r\nContent-Type: application/octet-stream`, "")
    expect(read(part(named("a"), "1") + unused + end)).toBe("a=1")
    const refused = "bad-request: The form contains a file; only fields are supported."
    for (const more of ['; filename="a.txt"', "; filename=a", "; filename*=UTF-8''a", '; FileName=""'])
      expect(read(part(named("file") + more, "x") + part(named("a"), "1") + end)).toBe(refused)
    expect(read(part('Content-Disposition: form-data; filename="a"; name="b"', "") + end)).toBe(refused)
    expect(read(part(named('b; filename="'), "1") + end)).not.toStartWith("bad-request: A form may")
  })

  test("that is invalid is refused with the reason", () => {
    for (const [text, why] of [
      ["hello", /its boundary is missing/],
      [part(named("a"), "1"), /truncated/],
      [part(named("a"), "1").slice(0, -3), /truncated/],
      ["--x\r\n", /truncated/],
      [`--xy\r\n${end}`, /a line break must follow/],
      [part("X: y", "1") + end, /a part has no name/],
      [part("Content-Disposition: attachment; name=a", "1") + end, /a part has no name/],
      [`--x\r\n\r\n1\r\n${end}`, /a part has no name/],
      [part(named("a"), "\u0000") + end, /binary/],
      [part(`${named("a")}\r\nX: ${"y".repeat(5_000)}`, "1") + end, /too large/]
    ] as const)
      expect(read(text)).toMatch(why)
    for (const type of ["", ";boundary=", `; boundary=${"x".repeat(71)}`, '; boundary=""'])
      expect(read(end, `multipart/form-data${type}`)).toMatch(/must have a boundary/)
  })

  test("has the limits of other bodies", () => {
    const many = (count: number): string => part(named("a"), "1").repeat(count) + end
    expect(read(many(maxValues)).split("&")).toHaveLength(maxValues)
    expect(read(many(maxValues + 1))).toStartWith("bad-request: The form has more than")
    const most = maxQueryBytes - "a=".length
    expect(read(part(named("a"), "y".repeat(most)) + end)).toHaveLength(maxQueryBytes)
    expect(read(part(named("a"), "y".repeat(most + 1)) + end)).toStartWith("too-large: ")
  })
})
