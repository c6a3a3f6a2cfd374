import { describe, expect, test } from "bun:test"
import type { ByteString } from "../../contracts/event.ts"
import { Failure, type FailureReason } from "../../contracts/failure.ts"
import { Topic } from "../../contracts/ids.ts"
import { parseLine } from "../../contracts/wire/line.ts"
import { eventType } from "../../contracts/wire/record.ts"
import { type GatewayOptions, gatewayApp } from "../../gateway/app.ts"
import { maxTargetBytes } from "../../gateway/dispatch.ts"
import { refusalIn, testGateway } from "./gateway-for-tests.ts"
import { linkGateway } from "./links/gateway.ts"

const now = 1795206900000

/** A gateway that records what it pushes, without a socket. */
const gateway = (push?: (line: ByteString) => Promise<void>) => {
  const lines: Array<string> = []
  const app = gatewayApp({
    push: push ?? (async (line) => void lines.push(line)),
    operations: {
      live: () => new Response("live"),
      ready: () => Promise.resolve(new Response("not ready", { status: 503 })),
      metrics: () => {
        throw new Error("no metrics")
      }
    },
    settings: { trustedProxies: "10.0.0.0/8", podName: undefined },
    now: () => now
  })
  const ask = async (target: string, init: RequestInit & { host?: string } = {}) => {
    const { host = "trk.example.com:5222", ...rest } = init
    const request = new Request(`http://${host}${target}`, rest)
    request.headers.set("host", host)
    return app.fetch(request, { address: "203.0.113.9" })
  }
  return { ask, lines }
}

describe("an event", () => {
  test("becomes one line, and the response is ok", async () => {
    const { ask, lines } = gateway()
    const answer = await ask("/t/app_open?deviceid=abcdf&ts=123456&referrer=website", {
      headers: { "user-agent": "Mozilla/5.0 (Macintosh)  x" }
    })
    expect(answer.status).toBe(200)
    expect(answer.headers.get("content-type")).toBe("application/json")
    expect(answer.headers.get("access-control-allow-origin")).toBe("*")
    expect(await answer.text()).toBe('{"status":"ok"}')
    expect(lines).toEqual([
      `203.0.113.9 ${now} trk.example.com nopod /t/app_open deviceid=abcdf&ts=123456&referrer=website Mozilla/5.0 (Macintosh)  x`
    ])
  })

  test("is any path, by GET and by HEAD, with and without a query", async () => {
    const { ask, lines } = gateway()
    for (const target of [
      "/event?d=1",
      "/a%20b/c//?x=%20",
      "/t/x",
      "/__proto__?constructor=1",
      "/health",
      "//x"
    ]) {
      expect((await ask(target)).status).toBe(200)
      expect((await ask(target, { method: "HEAD" })).status).toBe(200)
    }
    expect(lines.length).toBe(12)
    expect(lines[2]).toBe(`203.0.113.9 ${now} trk.example.com nopod /a%20b/c// x=%20 `)
    expect(lines[4]).toBe(`203.0.113.9 ${now} trk.example.com nopod /t/x e `)
  })

  test("is accepted for host names of any length", async () => {
    const { ask, lines } = gateway()
    for (const host of ["x", "trk", "a.b:80", "[::1]:5222"])
      expect((await ask("/t/x/y", { host })).status).toBe(200)
    expect(lines.map((line) => line.split(" ").slice(2, 5).join(" "))).toEqual([
      "x nopod /t/x/y",
      "trk nopod /t/x/y",
      "a.b nopod /t/x/y",
      "[::1] nopod /t/x/y"
    ])
  })

  test("with a path that ends in .gif is answered with a pixel, and .gif is not part of its path", async () => {
    const { ask, lines } = gateway()
    const answer = await ask("/t/open.gif?a=b.gif")
    expect(answer.headers.get("content-type")).toBe("image/gif")
    expect(answer.headers.get("cache-control")).toBe("no-store")
    expect(new TextDecoder("latin1").decode(await answer.arrayBuffer())).toStartWith("GIF89a\x01\0\x01\0")
    expect(lines[0]).toContain(" /t/open a=b.gif ")
  })

  test("from a client that prefers images is answered with a pixel", async () => {
    const { ask } = gateway()
    const answer = await ask("/t/open", { headers: { accept: "image/avif,image/webp,*/*;q=0.8" } })
    expect(answer.headers.get("content-type")).toBe("image/gif")
    const page = await ask("/t/open", { headers: { accept: "text/html,image/webp" } })
    expect(page.headers.get("content-type")).toBe("application/json")
  })

  test("cannot inject a second line or another field", async () => {
    const { ask, lines } = gateway()
    await ask("/t/x%0a%20y?q=%00%0d%0a 1 2\t3", { headers: { "user-agent": "a\tb  c" } })
    const parsed = parseLine(lines[0] as ByteString, { topic: Topic.make("events"), topics: new Set() }, 0)
    if (parsed.kind !== "event") throw new Error(parsed.reason)
    expect(String(parsed.event.path)).toBe("/t/x%0a%20y")
    expect(String(eventType(parsed.event.path))).toBe("x%0a%20y")
  })

  test("has the address from a trusted proxy's header, and from no other", async () => {
    const lines: Array<string> = []
    const app = gatewayApp({
      push: async (line) => void lines.push(line),
      operations: { live: () => new Response(), ready: () => new Response(), metrics: () => new Response() },
      settings: { trustedProxies: "10.0.0.0/8", podName: "pod-7" },
      now: () => now
    })
    const headers = { host: "h", "x-forwarded-for": "6.6.6.6, 8.8.8.8" }
    await app.fetch(new Request("http://h/t/x", { headers }), { address: "::ffff:10.1.1.1" })
    await app.fetch(new Request("http://h/t/x", { headers }), { address: "203.0.113.9" })
    expect(lines).toEqual([`8.8.8.8 ${now} h pod-7 /t/x e `, `203.0.113.9 ${now} h pod-7 /t/x e `])
  })
})

describe("a response to GET", () => {
  test("is not cacheable, so that the next event arrives", async () => {
    const refused = testGateway({ push: () => Promise.reject(new Failure({ reason: "busy", message: "" })) })
    const { ask } = testGateway()
    for (const [status, answer] of [
      [200, ask("/t/x")],
      [200, ask("/t/x.gif")],
      [200, ask("/t/x", { headers: { accept: "image/webp" } })],
      [200, ask("/?a=1")],
      [200, ask("/")],
      [204, ask("/api/v1/beacon?a=1")],
      [400, ask("/t/x", { headers: { "idempotency-key": "ü" } })],
      [404, linkGateway().ask("/click/none/go")],
      [404, ask("/metrics")],
      [405, ask("/t/x", { method: "PUT" })],
      [414, ask(`/${"a".repeat(maxTargetBytes)}`)],
      [503, refused.ask("/t/x")],
      [503, refused.ask("/api/v1/beacon")]
    ] as const)
      expect([(await answer).status, (await answer).headers.get("cache-control")]).toEqual([
        status,
        "no-store"
      ])
  })
})

describe("a trailing slash of a path with a route", () => {
  const type = "text/plain"
  const log = '8.8.8.8 - - [21/Nov/2026:01:10:43 +0000] "GET /x HTTP/1.1" 200 6 "-" "ua"'
  const track = { username: "a", target: "b", description: "VIEW" }

  test("is ignored", async () => {
    const { ask, post, taken } = testGateway()
    const {
      ask: askLinks,
      store,
      lines: clicked
    } = linkGateway({ settings: { token: "a-token-of-links-0123" } })
    await store.put({ id: "a", default: "https://a.example/" })
    const managed = { headers: { authorization: "Bearer a-token-of-links-0123" } }
    for (const [status, answer] of [
      [204, post("/api/v1/beacon/", '{"a":1}', { type })],
      [204, ask("/api/v1/beacon/?a=2")],
      [200, post("/api/v1/beacon/log/", log, { type })],
      [200, post("/batch/", [{ event: "b" }])],
      [200, post("/track/", track)],
      [200, ask("/robots.txt/")],
      [200, ask("/favicon.ico/")],
      [200, ask("/apple-touch-icon.png/")],
      [200, ask("/openapi.json/")],
      [200, ask("/health/live/")],
      [404, ask("/metrics/")],
      [307, askLinks("/click/a/go/?b=1")],
      [200, askLinks("/api/v1/links/", managed)],
      [200, askLinks("/api/v1/links/a/", managed)]
    ] as const)
      expect((await answer).status).toBe(status)
    const lines = taken().map((line) => line.split("&")[0] ?? "")
    expect(lines.toSorted()).toEqual([
      "/api/v1/beacon a=1",
      "/api/v1/beacon a=2",
      "/api/v1/beacon/log method=GET",
      "/t/b e",
      "/track username=a"
    ])
    expect(clicked).toEqual([expect.stringContaining(" /click/a/go redirect_url=")])
  })

  test("keeps a private path private, and a second slash makes another path", async () => {
    const { ask, post, lines } = testGateway()
    const preflight = { origin: "https://a.example", "access-control-request-method": "POST" }
    const asked = await linkGateway().ask("/api/v1/links/", { method: "OPTIONS", headers: preflight })
    expect(asked.status).toBe(405)
    expect((await post("/api/v1/beacon//", "a=1", { type })).status).toBe(405)
    expect((await post("/batch//", [])).status).toBe(405)
    expect((await ask("/health/live//")).status).toBe(200)
    expect(lines).toEqual([expect.stringContaining(" /health/live// e ")])
  })

  test("of an event's path is kept", async () => {
    const { ask, post, taken } = testGateway()
    await ask("/t/buy/?a=1")
    await post("/t/buy/", { a: 1 })
    await ask("/batch/")
    expect(taken()).toEqual(["/t/buy/ a=1", "/t/buy/ a=1", "/batch/ e"])
  })
})

describe("a request that is not an event", () => {
  test("has its own response", async () => {
    const { ask, lines } = gateway()
    expect(await (await ask("/")).text()).toBe('{"status":"ok"}')
    for (const target of ["/favicon.ico", "/apple-touch-icon.png", "/apple-touch-icon-precomposed.png?x"]) {
      expect((await ask(target)).headers.get("content-type")).toBe("image/gif")
    }
    expect(await (await ask("/robots.txt")).text()).toBe("User-agent: *\nDisallow: /\n")
    expect(await (await ask("/health/live")).text()).toBe("live")
    expect((await ask("/health/ready")).status).toBe(503)
    expect(await (await ask("/health/live", { host: "x" })).text()).toBe("live")
    expect(lines).toEqual([])
  })

  test("metrics are served when enabled, and are never an event", async () => {
    const operations = { live: () => new Response(), ready: () => new Response() }
    const { ask, lines } = testGateway({ operations })
    expect(await refusalIn(await ask("/metrics?a=1"))).toMatchObject({ status: 404, error: "not-found" })
    const open = testGateway({ operations: { ...operations, metrics: () => new Response("figures") } })
    expect(await (await open.ask("/metrics")).text()).toBe("figures")
    expect([...lines, ...open.lines]).toEqual([])
  })

  test("the root path is an event only with a query", async () => {
    const { ask, lines } = gateway()
    await ask("/?")
    expect(lines).toEqual([])
    await ask("/?a=1")
    expect(lines[0]).toContain(" / a=1 ")
  })
})

describe("errors", () => {
  const refusal = async (answer: Response) => ({
    status: answer.status,
    ...((await answer.json()) as { error: string; message: string })
  })

  test("an event that cannot be stored now may be repeated", async () => {
    for (const reason of ["unavailable", "timeout", "busy", "crashed"] satisfies Array<FailureReason>) {
      const { ask } = gateway(() =>
        Promise.reject(new Failure({ reason, message: "redis.internal is down" }))
      )
      const answer = await ask("/t/x")
      expect(answer.headers.get("retry-after")).toBe("1")
      expect(answer.headers.get("access-control-allow-origin")).toBe("*")
      const { status, error, message } = await refusal(answer)
      expect(status).toBe(503)
      expect(error).toBe(reason === "busy" ? "busy" : "unavailable")
      expect(message).not.toContain("redis.internal")
    }
  })

  test("an event that can never be stored must not be repeated", async () => {
    const { ask } = gateway(() => Promise.reject(new Failure({ reason: "too-large", message: "x" })))
    const answer = await ask("/t/x")
    expect(answer.headers.get("retry-after")).toBeNull()
    expect(await refusal(answer)).toMatchObject({ status: 413, error: "too-large" })
  })

  test("methods other than GET and HEAD", async () => {
    const { ask, lines } = gateway()
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
      const answer = await ask("/x", { method })
      expect(answer.headers.get("allow")).toBe("GET, HEAD")
      expect(await refusal(answer)).toMatchObject({ status: 405, error: "method-not-allowed" })
    }
    expect((await ask("/t/x", { method: "PUT" })).headers.get("allow")).toBe("GET, HEAD, POST")
    expect(lines).toEqual([])
  })

  test("a path and query over the limit", async () => {
    const { ask, lines } = gateway()
    const longest = `/${"a".repeat(maxTargetBytes - 2)}`
    expect((await ask(longest)).status).toBe(200)
    expect(await refusal(await ask(`${longest}a`))).toMatchObject({ status: 414, error: "uri-too-long" })
    expect(lines.length).toBe(1)
  })

  test("an invalid Host header", async () => {
    const { lines } = gateway()
    const app = gatewayApp({
      push: async (line) => void lines.push(line),
      operations: { live: () => new Response(), ready: () => new Response(), metrics: () => new Response() },
      settings: { trustedProxies: "none", podName: undefined },
      now: () => now
    })
    const request = new Request("http://h/t/x", { headers: { host: "a/b" } })
    expect(await refusal(await app.fetch(request, { address: "1.1.1.1" }))).toMatchObject({ status: 400 })
    expect(lines).toEqual([])
  })

  test("an unexpected failure", async () => {
    const { ask } = gateway()
    expect(await refusal(await ask("/metrics"))).toMatchObject({ status: 503, error: "unavailable" })
  })

  test("exceptions and rejections get the same response, for every method", async () => {
    const thrown = (): never => {
      throw new Error("unforeseen")
    }
    const troubles: ReadonlyArray<Partial<GatewayOptions>> = [
      { guards: [thrown] },
      { guards: [() => Promise.reject(new Error("unforeseen"))] },
      { middleware: thrown },
      { consumeTokens: thrown, privacy: thrown }
    ]
    for (const trouble of troubles) {
      const { ask, post, lines } = testGateway(trouble)
      const answers = await Promise.all([
        ask("/t/x?a=1"),
        ask("/api/v1/beacon?a=1"),
        ask("/t/x", { method: "HEAD" }),
        post("/t/x", { a: 1 })
      ])
      for (const answer of answers) {
        expect(answer.status).toBe(503)
        expect(answer.headers.get("retry-after")).toBe("1")
        expect(answer.headers.get("access-control-allow-origin")).toBe("*")
      }
      expect(lines).toEqual([])
    }
    const later = testGateway({
      operations: {
        live: () => new Response(),
        ready: () => Promise.reject(new Error("unforeseen")),
        metrics: () => new Response()
      }
    })
    expect((await refusalIn(await later.ask("/health/ready"))).error).toBe("unavailable")
  })
})
