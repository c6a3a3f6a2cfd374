/** POST /api/v1/beacon/log: each line is one event, or is reported and counted. */
import { describe, expect, test } from "bun:test"
import { gzipSync } from "node:zlib"
import { Failure } from "../../../contracts/failure.ts"
import { standardFormatLimits } from "../../../gateway/formats/limits.ts"
import { arrivedAt, refusalIn, testGateway } from "../gateway-for-tests.ts"

const line = (request = "GET /x?a=1 HTTP/1.1", address = "198.51.100.7") =>
  `${address} - bob [21/Nov/2026:01:10:43 +0000] "${request}" 200 612 "https://a.example/?q=1" "Mozilla/5.0 (X11)"`

const path = "/api/v1/beacon/log"
const parameters =
  "status=200&bytes=612&referrer=https%3A%2F%2Fa.example%2F%3Fq%3D1&user=bob&ts=1795223443000"

describe("a server log", () => {
  test("becomes events of type log", async () => {
    const { post, lines, rejected } = testGateway()
    const answer = await post(path, `${line()}\r\n\n${line("-")}\n`, { type: "text/plain" })
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ taken: 2, rejected: 0, reasons: [], retry: [] })
    expect(lines).toEqual([
      `203.0.113.9 ${arrivedAt} trk.example.com nopod ${path} method=GET&url=%2Fx%3Fa%3D1&protocol=HTTP%2F1.1&${parameters} Mozilla/5.0 (X11)`,
      `203.0.113.9 ${arrivedAt} trk.example.com nopod ${path} ${parameters} Mozilla/5.0 (X11)`
    ])
    expect(rejected).toEqual([])
  })

  test("provides client addresses only when its sender is in TRUSTED_PROXIES, also behind a proxy", async () => {
    const { post, lines } = testGateway()
    const log = `${line()}\n${line("GET / HTTP/1.1", "2001:db8::1")}`
    const addresses = async (peer: string, headers: Record<string, string> = {}) => {
      const before = lines.length
      await post(path, log, { peer, headers })
      return lines.slice(before).map((one) => one.split(" ")[0])
    }
    const own = ["198.51.100.7", "2001:db8::1"]
    expect(await addresses("10.0.0.7")).toEqual(own)
    expect(await addresses("10.0.0.1", { "x-forwarded-for": "10.0.0.7" })).toEqual(own)
    expect(await addresses("10.0.0.1", { "x-forwarded-for": "10.0.0.7", "x-real-ip": "10.0.0.7" })).toEqual(
      own
    )

    expect(await addresses("203.0.113.9")).toEqual(["203.0.113.9", "203.0.113.9"])
    expect(await addresses("203.0.113.9", { "x-forwarded-for": "10.0.0.7" })).toEqual([
      "203.0.113.9",
      "203.0.113.9"
    ])
    for (const forwarded of ["203.0.113.7", "10.0.0.7, 203.0.113.7", "10.0.0.7, 203.0.113.7, 10.0.0.2"]) {
      expect(await addresses("10.0.0.1", { "x-forwarded-for": forwarded })).toEqual([
        "203.0.113.7",
        "203.0.113.7"
      ])
    }
    const mine = testGateway({
      settings: { trustedProxies: "10.0.0.0/8", podName: undefined, addressHeaders: new Set(["x-mine"]) }
    })
    await mine.post(path, log, { peer: "10.0.0.1", headers: { "x-mine": "203.0.113.7" } })
    expect(mine.lines.map((one) => one.split(" ")[0])).toEqual(["203.0.113.7", "203.0.113.7"])
    // The proxy writes the client's address in a header that is not configured.
    const unlisted = [{ "cf-connecting-ip": "203.0.113.7" }, { forwarded: "for=203.0.113.7" }]
    for (const headers of unlisted) {
      expect(await addresses("10.0.0.1", headers)).toEqual(["10.0.0.1", "10.0.0.1"])
    }
    const realIp = { "x-real-ip": "203.0.113.7" }
    expect(await addresses("10.0.0.1", realIp)).toEqual(["203.0.113.7", "203.0.113.7"])
  })

  test("with a virtual host becomes an event of that host and client", async () => {
    const { post, lines } = testGateway()
    const logs = [
      `shop.example:443 ${line()}`,
      line("GET / HTTP/1.1", "203.0.113.7, 198.51.100.7, 10.0.0.2"),
      line("GET / HTTP/1.1", "198.51.100.7 10.0.0.2")
    ]
    await post(path, logs.join("\n"), { peer: "10.0.0.7" })
    expect(lines.map((one) => one.split(" ").slice(0, 3).join(" "))).toEqual([
      `198.51.100.7 ${arrivedAt} shop.example`,
      `198.51.100.7 ${arrivedAt} trk.example.com`,
      `198.51.100.7 ${arrivedAt} trk.example.com`
    ])
  })

  test("of JSON may have a byte order mark", async () => {
    const { post, taken } = testGateway()
    const json = JSON.stringify({
      remote_addr: "198.51.100.7",
      time_iso8601: "2026-11-21T01:10:43+00:00",
      request: "GET /x?a=1 HTTP/1.1",
      status: 200
    })
    await post(path, `\ufeff${json}\n${json}`)
    const event = `${path} method=GET&url=%2Fx%3Fa%3D1&protocol=HTTP%2F1.1&status=200&ts=1795223443000`
    expect(taken()).toEqual([event, event])
  })

  test("with spaces in its URL keeps URL and protocol intact", async () => {
    const { post, taken } = testGateway()
    const requests = [
      "GET /a b HTTP/1.1",
      "GET /a b",
      "GET  /a  b  HTTP/1.1",
      "GET  HTTP/1.1",
      "/a HTTP/1.1",
      "x"
    ]
    await post(path, requests.map((request) => line(request)).join("\n"))
    expect(taken().map((one) => one.slice(path.length + 1, one.indexOf("&status")))).toEqual([
      "method=GET&url=%2Fa%20b&protocol=HTTP%2F1.1",
      "request=GET%20%2Fa%20b",
      "method=GET&url=%2Fa%20%20b&protocol=HTTP%2F1.1",
      "request=GET%20%20HTTP%2F1.1",
      "request=%2Fa%20HTTP%2F1.1",
      "request=x"
    ])
  })

  test("has its invalid lines reported by number and reason, and counted", async () => {
    const { post, lines, rejected } = testGateway()
    const bad = Array.from({ length: 12 }, (_, i) => `bad ${i}`)
    const answer = await post(path, [line(), "", ...bad, line()].join("\n"))
    expect(await answer.json()).toEqual({
      taken: 2,
      rejected: 12,
      reasons: bad.slice(0, 10).map((_, i) => ({
        line: i + 3,
        reason:
          "Unknown log format: expected an IP address at the start, or after the name of a virtual host."
      })),
      retry: []
    })
    expect(lines).toHaveLength(2)
    expect(rejected).toEqual([[12, "server log"]])
  })

  test("may have any content type, and be compressed", async () => {
    const { post, lines } = testGateway()
    await post(path, line(), { type: "application/x-www-form-urlencoded" })
    await post(path, line(), { type: "application/octet-stream" })
    await post(path, gzipSync(line()), { headers: { "content-encoding": "gzip" } })
    expect(lines).toHaveLength(3)
  })

  test("cannot inject another field or line", async () => {
    const { post, lines } = testGateway()
    const evil = line("GET /\\x0a\\x00 x y HTTP/1.1").replace("Mozilla", "\\n\\r\\xff Mozilla")
    await post(path, new Uint8Array(Buffer.from(`${evil}\xff\xfe`, "latin1")))
    expect(lines).toHaveLength(1)
    expect([...(lines[0] ?? "")].filter((char) => char < " ")).toEqual([])
    expect(lines[0]).toContain(" method=GET&url=%2F%0A%00%20x%20y&")
  })

  test("a line over the limit is reported", async () => {
    const { post } = testGateway()
    const answer = await post(path, `${line(`GET /${"ü".repeat(20_000)} HTTP/1.1`)}\n${line()}`)
    expect(await answer.json()).toMatchObject({ taken: 1, rejected: 1, reasons: [{ line: 1 }] })
  })

  test("derives the ids of its lines from the id of the request", async () => {
    const { post, taken } = testGateway()
    await post(path, `\n${line()}`, { headers: { "idempotency-key": "k" } })
    expect(taken()[0]).toEndWith("&idempotency_key=k-2")
  })

  test("lists the lines to send again; 503 when no line was stored", async () => {
    const push = (sent: string): Promise<void> =>
      sent.includes("url=%2Fretry") || sent.includes("url=%2Flarge")
        ? Promise.reject(
            new Failure({ reason: sent.includes("retry") ? "unavailable" : "too-large", message: "x" })
          )
        : Promise.resolve()
    const { post } = testGateway({ push })
    const again = line("GET /retry HTTP/1.1")
    const some = await post(path, [line(), again, "bad", line("GET /large HTTP/1.1"), again].join("\n"))
    expect(some.headers.get("retry-after")).toBe("1")
    expect(await some.json()).toEqual({
      taken: 1,
      rejected: 2,
      reasons: [
        {
          line: 3,
          reason:
            "Unknown log format: expected an IP address at the start, or after the name of a virtual host."
        },
        { line: 4, reason: "The event exceeds the size limit." }
      ],
      retry: [2, 5]
    })
    expect(await refusalIn(await post(path, again))).toMatchObject({ status: 503, error: "unavailable" })
  })

  test("refuses more lines than the limit", async () => {
    const { post, lines } = testGateway({ bodyLimits: { ...standardFormatLimits, events: 2 } })
    expect((await post(path, `${line()}\n${line()}\n\n`)).status).toBe(200)
    expect(await refusalIn(await post(path, `${line()}\n${line()}\nx`))).toMatchObject({ status: 413 })
    expect(lines).toHaveLength(2)
  })
})
