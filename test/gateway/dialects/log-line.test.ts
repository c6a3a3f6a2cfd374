/** Lines of nginx's and Apache's combined logs, and lines that are none. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import type { Bytes } from "../../../contracts/event.ts"
import { parseLogLine } from "../../../gateway/dialects/log-line.ts"

const nginx =
  '203.0.113.9 - - [21/Nov/2026:01:10:43 +0000] "GET /x?a=1 HTTP/1.1" 200 612 "https://a.example/" "Mozilla/5.0 (X11)"'

const parsed = (line: string) => parseLogLine(line as Bytes)

describe("a line of a server log", () => {
  test("of nginx", () => {
    expect(parsed(nginx) as object).toEqual({
      address: "203.0.113.9",
      user: "",
      ts: Date.UTC(2026, 10, 21, 1, 10, 43),
      request: "GET /x?a=1 HTTP/1.1",
      status: "200",
      bytes: "612",
      referrer: "https://a.example/",
      userAgent: "Mozilla/5.0 (X11)"
    })
  })

  test("of Apache: a host name, a user with a space, no size, another time zone, escapes", () => {
    const line =
      'host.example frank "bob smith" [29/Feb/2028:23:59:60 -0730] "GET /\\"a\\"\\\\ HTTP/1.0" 304 - "-" "a\\x09\\tb\\xfc"'
    expect(parsed(line) as object).toEqual({
      address: "host.example",
      user: '"bob smith"',
      ts: Date.UTC(2028, 1, 29, 23, 59, 60) + 450 * 60_000,
      request: 'GET /"a"\\ HTTP/1.0',
      status: "304",
      bytes: "",
      referrer: "",
      userAgent: "a\t\tb\xfc"
    })
  })

  test("may go on behind the user agent, as nginx has it when nothing else is set", () => {
    expect(parsed(`${nginx} "198.51.100.7" 0.004`)).toEqual(parsed(nginx))
  })

  test("may hold any request, even none", () => {
    for (const request of ["-", "", "\\x16\\x03\\x01", "GET /", "a b c d"]) {
      expect(typeof parsed(nginx.replace("GET /x?a=1 HTTP/1.1", request))).toBe("object")
    }
  })

  const wrong: ReadonlyArray<readonly [problem: string, line: string]> = [
    ["no address", ""],
    ["no address", "x"],
    ["no address", ` ${nginx}`],
    ["no user", "203.0.113.9 - "],
    ["no user", nginx.replace(" [", " ")],
    ["no time", nginx.replace("] ", " ")],
    ["no time", nginx.replace("21/Nov", "31/Nov")],
    ["no time", nginx.replace("Nov", "Foo")],
    ["no time", nginx.replace("01:10", "25:10")],
    ["no time", nginx.replace(" +0000", "")],
    ["no request", nginx.replace('"GET', "GET")],
    ["no request", nginx.slice(0, 60)],
    ["no status", nginx.replace("200", "2000")],
    ["no status", nginx.replace("200", "ok")],
    ["no size", nginx.replace("612", "-1")],
    ["no size", nginx.slice(0, nginx.indexOf(' "https'))],
    ["no referrer", nginx.replace('"https', "https")],
    ["no user agent", nginx.slice(0, -1)],
    ["no user agent", nginx.slice(0, nginx.indexOf(' "Mozilla'))]
  ]
  for (const [problem, line] of wrong) {
    test(`${problem}: ${line.slice(0, 60)}`, () => expect(parsed(line) as unknown).toBe(problem))
  }

  test("never throws, whatever it holds", () => {
    const piece = fc.constantFrom(...'"[] -\\x9/'.split(""), nginx.slice(0, 48), nginx.slice(48), nginx)
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => void parsed(pieces.join(""))),
      { numRuns: 2_000 }
    )
  })

  test("is read in one pass: a megabyte of brackets takes no longer than one of letters", () => {
    for (const piece of [" [", '"', "\\", "] ", " - [] "]) {
      expect(typeof parsed(`1.1.1.1 - - ${piece.repeat(500_000)}`)).toBe("string")
    }
  })
})
