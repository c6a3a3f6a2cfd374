/** Lines of server logs in every supported format, and in others, which are rejected with what was expected. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import type { ByteString } from "../../../contracts/event.ts"
import { parseLogLine } from "../../../gateway/formats/log-line.ts"
import type { LogLine } from "../../../gateway/formats/log-line-fields.ts"
import { isPrivate, trustedProxies } from "../../../gateway/http/client-address.ts"
import cases from "./log-lines.json" with { type: "json" }

const behind =
  '[21/Nov/2026:01:10:43 +0000] "GET /x?a=1 HTTP/1.1" 200 612 "https://a.example/" "Mozilla/5.0 (X11)"'
const nginx = `203.0.113.9 - - ${behind}`
const common = nginx.slice(0, nginx.indexOf(' "https'))

const whole: LogLine = {
  address: "203.0.113.9",
  host: "" as ByteString,
  user: "" as ByteString,
  ts: Date.UTC(2026, 10, 21, 1, 10, 43),
  request: "GET /x?a=1 HTTP/1.1" as ByteString,
  status: "200" as ByteString,
  bytes: "612" as ByteString,
  referrer: "https://a.example/" as ByteString,
  userAgent: "Mozilla/5.0 (X11)" as ByteString
}

const parsed = (line: string) => parseLogLine(line as ByteString)

/** Host, address and user of a line, or what was expected instead. */
const client = (line: string): string => {
  const read = parsed(line)
  return typeof read === "string" ? read : `${read.host} ${read.address} ${read.user}`.trim()
}

const noAddress = "an IP address at the start, or after the name of a virtual host"
const noUser = "identity and user after the address"
const noTime = "a time like [21/Nov/2026:01:10:43 +0000]"
const several = "the address of one client, but the line has several: add your proxies to TRUSTED_PROXIES"

describe("the cases of public reports", () => {
  for (const { line, taken, address, user } of cases) {
    test(line.slice(0, 60), () => {
      const read = parsed(line)
      if (!taken) return expect<unknown>(read).toBe(noAddress)
      expect(read).toMatchObject({ address: address ?? "", user: user ?? "" })
    })
  }
})

describe("a line of a server log", () => {
  test("of nginx", () => expect(parsed(nginx)).toEqual(whole))

  test("of the common format", () => {
    expect(parsed(common)).toEqual({ ...whole, referrer: "" as ByteString, userAgent: "" as ByteString })
    expect(parsed(common.replace("612", "-"))).toMatchObject({ bytes: "" })
  })

  test("of Apache: a user with a space, no size, another time zone, escapes", () => {
    const line =
      '203.0.113.9 frank "bob  smith" [29/Feb/2028:23:59:60 -0730] "GET /\\"a\\"\\\\ HTTP/1.0" 304 - "-" "a\\x09\\tb\\xfc"'
    expect(parsed(line) as object).toEqual({
      address: "203.0.113.9",
      host: "",
      user: '"bob  smith"',
      ts: Date.UTC(2028, 1, 29, 23, 59, 60) + 450 * 60_000,
      request: 'GET /"a"\\ HTTP/1.0',
      status: "304",
      bytes: "",
      referrer: "",
      userAgent: "a\t\tb\xfc"
    })
  })

  test("may have more fields after the user agent, as in nginx's default format", () => {
    for (const more of [
      ' "198.51.100.7" 0.004',
      "  293",
      " -",
      ' 57 "shop@docker" "http://10.0.0.4:80" 29ms'
    ]) {
      expect(parsed(nginx + more)).toEqual(whole)
    }
  })

  test("may have any request, or none, and no status", () => {
    for (const request of ["-", "", "\\x16\\x03\\x01", "GET /", "a b c d"]) {
      expect(typeof parsed(nginx.replace("GET /x?a=1 HTTP/1.1", request))).toBe("object")
    }
    expect(parsed(nginx.replace(" 200 ", " - "))).toMatchObject({ status: "", bytes: "612" })
  })

  test("has its time in Apache's format or in ISO 8601, with or without a fraction", () => {
    for (const [time, fraction] of [
      ["21/Nov/2026:01:10:43.250 +0000", 250],
      ["2026-11-21T01:10:43+00:00", 0],
      ["2026-11-21T02:10:43.5+0100", 500],
      ["2026-11-21T01:10:43Z", 0]
    ] as const) {
      expect(parsed(nginx.replace("21/Nov/2026:01:10:43 +0000", time))).toMatchObject({
        ts: whole.ts + fraction
      })
    }
  })
})

describe("the client of a line", () => {
  const reads: ReadonlyArray<readonly [start: string, read: string]> = [
    // Of vhost_combined and vhost_common.
    ["www.example.com:443 203.0.113.9 - bob", "www.example.com 203.0.113.9 bob"],
    ["www.example.com 2001:db8::9 - -", "www.example.com 2001:db8::9"],
    ["_ 203.0.113.9 - -", "_ 203.0.113.9"],
    ["198.51.100.1:80 203.0.113.9 - -", "198.51.100.1 203.0.113.9"],
    ["[2001:db8::1]:443 203.0.113.9 - -", "[2001:db8::1] 203.0.113.9"],
    ["shop.example:443 - 10.0.0.5 - -", "shop.example 10.0.0.5"],
    ["shop.example:443 203.0.113.9, 10.0.0.1 10.0.0.2 - -", "shop.example 203.0.113.9"],
    // Forwarded-for first.
    ["203.0.113.9, 10.0.0.1 - -", "203.0.113.9"],
    ["203.0.113.9,10.0.0.1 - -", "203.0.113.9"],
    ["203.0.113.9, 10.0.0.1 10.0.0.2 - bob", "203.0.113.9 bob"],
    ["203.0.113.9 10.0.0.1 - -", "203.0.113.9"],
    ["172.16.0.1 172.16.0.129 - -", "172.16.0.1"],
    ["10.0.0.1 203.0.113.9 - -", "203.0.113.9"],
    ["6.6.6.6, 203.0.113.9, 10.0.0.1 - -", "203.0.113.9"],
    ['"203.0.113.9, 10.0.0.1" - -', "203.0.113.9"],
    ['"203.0.113.9" - bob', "203.0.113.9 bob"],
    ["- 203.0.113.9 - bob", "203.0.113.9 bob"],
    ["203.0.113.9 - 10.0.0.1 - -", "203.0.113.9"],
    ["203.0.113.9 - 10.0.0.1 - bob", "203.0.113.9 bob"],
    ["203.0.113.9 - 198.51.100.1 - bob", "203.0.113.9 bob"],
    ["- - 203.0.113.9 - bob", "203.0.113.9 bob"],
    ["203.0.113.9 - 10.0.0.1", "203.0.113.9"],
    // Addresses with ports, brackets and quotes.
    ["203.0.113.9:5512 - -", "203.0.113.9"],
    ["203.0.113.9:5512, 10.0.0.1:80 - -", "203.0.113.9"],
    ["[2001:db8::9] - -", "2001:db8::9"],
    ["[2001:db8::9]:5512 - -", "2001:db8::9"],
    ["fe80::9%eth0 - -", "fe80::9"],
    ["::ffff:203.0.113.9 - -", "203.0.113.9"],
    ["203.0.113.9, - -", "203.0.113.9"],
    // Others.
    ["203.0.113.9 -  - ", "203.0.113.9"],
    ["203.0.113.9 - [203.0.113.9] - bob", "203.0.113.9 bob"],
    ["203.0.113.9 www.example.com bob", "203.0.113.9 bob"],
    ["203.0.113.9 - bob@example.com", "203.0.113.9 bob@example.com"],
    ["203.0.113.9 - bob smith", "203.0.113.9 bob smith"],
    ["203.0.113.9 - bob [21/Nov/2026:01:10:43 +0000] x", "203.0.113.9 bob [21/Nov/2026:01:10:43 +0000] x"],
    ['203.0.113.9 - ""', "203.0.113.9"]
  ]
  for (const [start, read] of reads) test(start, () => expect(client(`${start} ${behind}`)).toBe(read))

  const rejected: ReadonlyArray<readonly [start: string, expected: string]> = [
    ["- - -", noAddress],
    ["unix: - -", noAddress],
    ["host.example - -", noAddress],
    ["www.example.com:443 host.example - bob", noAddress],
    ["host.example - 6.6.6.6 - -", noAddress],
    ["203.0.113.9, unknown, 10.0.0.1 - -", noAddress],
    ["unknown, 203.0.113.9 - -", noAddress],
    ["203.0.113 - -", noAddress],
    ["10.0.0.1 (203.0.113.9, 10.0.0.2) - -", noUser],
    ["203.0.113.9 -", noUser],
    ["203.0.113.9", noUser],
    ["203.0.113.9 - - 0.004", noUser],
    ["203.0.113.9 - bob 6.6.6.6", noUser],
    ["203.0.113.9 198.51.100.7 - -", several],
    ["203.0.113.9 198.51.100.7, 198.51.100.8 - -", several],
    ["10.0.0.1 - 6.6.6.6 - -", several]
  ]
  for (const [start, expected] of rejected) {
    test(`is rejected: ${start}`, () => expect(client(`${start} ${behind}`)).toBe(expected))
  }

  test("is read after the user agent, as in nginx's default format, if the line begins with a proxy", () => {
    const ends: ReadonlyArray<readonly [start: string, end: string, address: string]> = [
      ["10.0.0.1 - -", '"203.0.113.9"', "203.0.113.9"],
      ["10.0.0.1 - -", '"6.6.6.6, 203.0.113.9, 10.0.0.2" 0.004', "203.0.113.9"],
      ["10.0.0.1 - -", '"2001:db8::9"', "2001:db8::9"],
      ["10.0.0.1 - -", '"-"', "10.0.0.1"],
      ["10.0.0.1 - -", '"10.0.0.2"', "10.0.0.1"],
      ["10.0.0.1 - -", '"203.0.113.9, unknown"', "10.0.0.1"],
      ["10.0.0.1 - -", '"198.51.100.1:8080"', "10.0.0.1"],
      ["10.0.0.1 - -", '0.004 "203.0.113.9"', "10.0.0.1"],
      ["10.0.0.1 - -", '"gzip" "203.0.113.9"', "10.0.0.1"],
      ["10.0.0.1 - -", '"', "10.0.0.1"],
      ["203.0.113.9 - -", '"6.6.6.6"', "203.0.113.9"]
    ]
    for (const [start, end, address] of ends)
      expect([end, client(`${start} ${behind} ${end}`)]).toEqual([end, address])
  })

  test("is distinguished from proxies by their ranges", () => {
    const read = (start: string) =>
      parseLogLine(`${start} ${behind}` as ByteString, (address) => isPrivate(address) || cdn(address))
    const cdn = trustedProxies("198.51.100.0/24")
    expect(read("203.0.113.9 198.51.100.7 - -")).toMatchObject({ address: "203.0.113.9" })
    expect(read("6.6.6.6, 203.0.113.9, 198.51.100.7 - -")).toMatchObject({ address: "203.0.113.9" })
  })
})

describe("a line's prefix", () => {
  for (const prefix of [
    "\xef\xbb\xbf",
    "Nov 21 01:10:43 web1 nginx: ",
    "Nov  1 01:10:43 web1 nginx[4711]: ",
    "Nov 21 2026 01:10:43 web1.example.com httpd[7]:  ",
    "<190>Nov 21 01:10:43 web1 nginx: ",
    "<190>Nov 21 01:10:43 nginx: ",
    "2026-11-21T01:10:43.123456+00:00 web1 nginx: ",
    "<190>2026-11-21T01:10:43Z 2001:db8::5 apache-access: ",
    "<165>1 2026-11-21T01:10:43.003Z web1 nginx 4711 ID47 - ",
    "<165>1 2026-11-21T01:10:43.003Z web1 nginx - - - \xef\xbb\xbf",
    '<165>1 2026-11-21T01:10:43.003Z web1 nginx 4711 - [a@1 b="\\"]"][c@2 d="e"] '
  ]) {
    test(`may be ${JSON.stringify(prefix)}`, () => {
      expect(parsed(prefix + nginx)).toEqual(whole)
      expect(client(`${prefix}shop.example:80 ${nginx}`)).toBe("shop.example 203.0.113.9")
    })
  }

  for (const prefix of ["web1 nginx: ", "Nov 21 01:10:43 ", "[x] ", "2026-11-21T01:10:43Z stdout F "]) {
    test(`may not be ${prefix}`, () => expect<unknown>(parsed(prefix + nginx)).toBe(noAddress))
  }
})

describe("a line of another format is rejected with what was expected", () => {
  const wrong: ReadonlyArray<readonly [expected: string, line: string]> = [
    [noAddress, ""],
    [noAddress, "x"],
    [noTime, "203.0.113.9 - "],
    [noTime, nginx.replace(" [", " ")],
    [noTime, nginx.replace("] ", " ")],
    [noTime, nginx.replace("21/Nov", "31/Nov")],
    [noTime, nginx.replace("Nov", "Foo")],
    [noTime, nginx.replace("01:10", "25:10")],
    [noTime, nginx.replace(" +0000", "")],
    ["a request in quotes after the time", nginx.replace('"GET', "GET")],
    ["a request in quotes after the time", nginx.replace("] ", "] (0 s) ")],
    ["a request in quotes after the time", nginx.slice(0, 60)],
    ["a status of three digits after the request", nginx.replace("200", "2000")],
    ["a status of three digits after the request", nginx.replace("200", "ok")],
    ["a size in bytes after the status", nginx.replace("612", "-1")],
    ["a size in bytes after the status", common.slice(0, -4)],
    ["a referrer in quotes after the size, or the end", nginx.replace('"https', "https")],
    ["a referrer in quotes after the size, or the end", `${common} 0.004`],
    ["a user agent in quotes after the referrer", nginx.slice(0, -1)],
    ["a user agent in quotes after the referrer", nginx.slice(0, nginx.indexOf(' "Mozilla'))],
    // Lines of other formats: IIS and CloudFront, load balancers of AWS, HAProxy, Squid, Python, error logs.
    [noAddress, "2026-11-21 01:10:43 10.0.0.1 GET /x a=1 443 - 203.0.113.9 Mozilla/5.0 - 200 0 0 15"],
    [
      noAddress,
      'https 2026-11-21T01:10:43.1Z app/x/1 203.0.113.9:2817 10.0.0.1:80 0 0 0 200 200 34 366 "GET / HTTP/1.1" "a"'
    ],
    [
      noTime,
      'Nov 21 01:10:43 lb haproxy[7]: 203.0.113.9:5512 [21/Nov/2026:01:10:43.1] web web/s1 0/0/1 200 9 "GET /"'
    ],
    [noAddress, "1795223443.123 12 203.0.113.9 TCP_MISS/200 612 GET http://a.example/ - DIRECT/10.0.0.1 -"],
    [
      "a time like [21/Nov/2026:01:10:43 +0000]",
      '203.0.113.9 - - [21/Nov/2026 01:10:43] "GET / HTTP/1.1" 200 -'
    ],
    [noAddress, "[Sat Nov 21 01:10:43 2026] [error] [client 203.0.113.9:59307] AH01071: x"]
  ]
  for (const [expected, line] of wrong) {
    test(`${expected}: ${line.slice(0, 60)}`, () => expect<unknown>(parsed(line)).toBe(expected))
  }
})

test("the parser never throws, for any line", () => {
  const piece = fc.constantFrom(
    ...'"[] -\\x9/{}:,'.split(""),
    nginx.slice(0, 48),
    nginx.slice(48),
    nginx,
    "Nov 21 "
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => void parsed(pieces.join(""))),
    { numRuns: 2_000 }
  )
})

test("parsing takes linear time: a megabyte of brackets takes no longer than one of letters", () => {
  for (const piece of [" [", '"', "\\", "] ", " - [] ", " ", ",", '"a "', "1.1.1.1,", "[a@1 "]) {
    for (const start of ["1.1.1.1 - - ", "", '"', "<165>1 - web1 nginx 4711 ID47 ", "{"]) {
      expect(typeof parsed(start + piece.repeat(150_000))).toBe("string")
    }
  }
})
