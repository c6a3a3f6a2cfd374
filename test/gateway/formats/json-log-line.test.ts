/** Lines of nginx with `escape=json`, with nginx's names and common ones. */
import { describe, expect, test } from "bun:test"
import { type ByteString, bytesOf } from "../../../contracts/event.ts"
import { parseLogLine } from "../../../gateway/formats/log-line.ts"

const nginx = {
  time_local: "21/Nov/2026:01:10:43 +0000",
  remote_addr: "203.0.113.9",
  remote_user: "",
  request: "GET /x?a=1 HTTP/1.1",
  status: "200",
  body_bytes_sent: "612",
  http_referer: "https://a.example/",
  http_user_agent: "Mozilla/5.0 (X11)"
}

const read = {
  address: "203.0.113.9",
  host: "",
  user: "",
  ts: Date.UTC(2026, 10, 21, 1, 10, 43),
  request: "GET /x?a=1 HTTP/1.1",
  status: "200",
  bytes: "612",
  referrer: "https://a.example/",
  userAgent: "Mozilla/5.0 (X11)"
}

const parsed = (line: unknown) =>
  parseLogLine(typeof line === "string" ? (line as ByteString) : bytesOf(JSON.stringify(line))) as unknown

describe("a line of JSON", () => {
  test("of nginx", () => {
    expect(parsed(nginx)).toEqual(read)
    expect(parsed(`<190>Nov 21 01:10:43 web1 nginx: ${JSON.stringify(nginx)}`)).toEqual(read)
    expect(parsed(`\xef\xbb\xbf${JSON.stringify(nginx, undefined, 1).replaceAll("\n", "")}`)).toEqual(read)
  })

  test("under other names, with numbers, and with a split request", () => {
    expect(
      parsed({
        "@timestamp": "2026-11-21T01:10:43.500+00:00",
        Host: "shop.example:443",
        clientip: "203.0.113.9",
        xff: "",
        method: "GET",
        url: "/x?a=1",
        protocol: "HTTP/1.1",
        status: 200,
        size: 612,
        referer: "https://a.example/",
        "user-agent": "Mozilla/5.0 (X11)",
        upstream_addr: "10.0.0.7:80",
        nested: { remote_addr: "6.6.6.6" }
      })
    ).toEqual({ ...read, host: "shop.example", ts: read.ts + 500 })
    expect(parsed({ ip: "203.0.113.9", date: "2026-11-21T01:10:43+00:00", path: "/x" })).toMatchObject({
      request: "/x",
      status: ""
    })
    expect(parsed({ ...nginx, request: undefined, method: "GET /y HTTP/2.0" })).toMatchObject({
      request: "GET /y HTTP/2.0"
    })
    expect(parsed({ ...nginx, host: "10.0.0.1" })).toEqual(read)
  })

  test("has its time in one of five formats", () => {
    for (const time of [1795223443, "1795223443.000", 1795223443000, "2026-11-21T02:10:43+01:00"]) {
      expect(parsed({ ...nginx, time_local: undefined, msec: time })).toMatchObject({ ts: read.ts })
    }
    expect(parsed({ ...nginx, msec: 1795223443.25, time_local: "" })).toMatchObject({ ts: read.ts + 250 })
  })

  test("has the client's address, not the proxy's", () => {
    const from = (remote_addr: string, http_x_forwarded_for: string) =>
      (parsed({ ...nginx, remote_addr, http_x_forwarded_for }) as { address?: string }).address
    expect(from("10.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.2")).toBe("203.0.113.9")
    expect(from("unix:", "203.0.113.9")).toBe("203.0.113.9")
    expect(from("203.0.113.9", "6.6.6.6")).toBe("203.0.113.9")
    expect(from("10.0.0.1", "203.0.113.9, unknown")).toBe("10.0.0.1")
    expect(from("10.0.0.1", "-")).toBe("10.0.0.1")
    expect(from("[2001:db8::9]:5512", "")).toBe("2001:db8::9")
  })

  test("keeps the client's bytes, and encodes escapes in UTF-8", () => {
    const line = JSON.stringify({ ...nginx, http_user_agent: "RAW \\ \u0001 ü 😀" })
      .replace("RAW", "\xff\xc3\xbc")
      .replace("ü", "\\u00fc")
      .replace("😀", "\\ud83d\\ude00")
    expect(parsed(line)).toMatchObject({
      userAgent: `\xff\xc3\xbc \\ \u0001 ${bytesOf("ü 😀")}`
    })
  })

  test("is rejected with what was expected", () => {
    const time = "time_local, time_iso8601 or msec, a time with its offset from UTC"
    for (const [expected, line] of [
      ["one JSON object", "{"],
      ["one JSON object", `${JSON.stringify(nginx)} x`],
      ["one JSON object", `${'{"a":'.repeat(100_000)}`],
      ["remote_addr, an IP address", "{}"],
      ["remote_addr, an IP address", { ...nginx, remote_addr: "host.example" }],
      ["remote_addr, an IP address", { ...nginx, remote_addr: ["203.0.113.9"] }],
      ["remote_addr, an IP address", { ...nginx, remote_addr: "unix:" }],
      [time, { ...nginx, time_local: "2026-11-21T01:10:43" }],
      [time, { ...nginx, time_local: undefined, msec: 1e300 }],
      ["request or request_uri", { ...nginx, request: undefined }]
    ] as const)
      expect(parsed(line)).toBe(expected)
  })

  test("has no special names from JavaScript", () => {
    expect(parsed(`{"__proto__":{"remote_addr":"6.6.6.6"},${JSON.stringify(nginx).slice(1)}`)).toEqual(read)
  })
})
