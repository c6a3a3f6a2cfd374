import { describe, expect, test } from "bun:test"
import { Failure } from "../../../contracts/failure.ts"
import {
  corsOf,
  maxNameLength,
  maxRequestedNames,
  originsProblem,
  standardHeaders
} from "../../../gateway/http/cors.ts"
import { guardedGateway } from "../guarded-gateway.ts"

const listed = (corsCredentials = false) =>
  guardedGateway({
    more: { cors: corsOf({ corsOrigins: "https://shop.example, https://*.example.org", corsCredentials }) }
  })
const question = { origin: "https://shop.example", "access-control-request-method": "POST" }
const header = (answer: Response, name: string) => answer.headers.get(`access-control-${name}`)

describe("any page", () => {
  test("may read the response to a simple request, without a preflight", async () => {
    const { ask, lines } = guardedGateway()
    for (const target of ["/t/x", "/t/x.gif"]) {
      const answer = await ask(target, { headers: { origin: "https://anywhere.example" } })
      expect(header(answer, "allow-origin")).toBe("*")
      expect(answer.headers.get("vary")).toBeNull()
    }
    expect(lines.length).toBe(2)
  })

  test("may read errors", async () => {
    const { ask } = guardedGateway({ keys: "12345678", perAddress: "3/h burst 3" })
    const answers = [
      await ask("/t/x"),
      await ask("/t/x?write_key=87654321"),
      await ask("/w/12345678/t/x", { method: "PUT" }),
      await ask("/w/12345678/t/x"),
      await ask(`/${"a".repeat(20_480)}`)
    ]
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 405, 429, 414])
    for (const answer of answers) expect(header(answer, "allow-origin")).toBe("*")
  })

  test("may not read private responses", async () => {
    const { ask } = guardedGateway()
    for (const target of ["/metrics", "/health/ready", "/robots.txt"])
      expect(header(await ask(target), "allow-origin")).toBeNull()
  })

  test("gets a preflight response for a POST, valid for a day", async () => {
    const { ask, lines } = guardedGateway({
      more: { cors: corsOf({ corsOrigins: "*", corsCredentials: false, headers: ["X-Anonymous"] }) }
    })
    const answer = await ask("/batch", { method: "OPTIONS", headers: question })
    expect(answer.status).toBe(204)
    expect(header(answer, "allow-origin")).toBe("*")
    expect(header(answer, "allow-methods")).toBe("GET, HEAD, POST")
    expect(header(answer, "allow-headers")).toBe(
      "Content-Type, Content-Encoding, Idempotency-Key, Authorization, X-Write-Key, X-Anonymous"
    )
    expect(header(answer, "max-age")).toBe("86400")
    expect(header(answer, "allow-credentials")).toBeNull()
    expect(lines).toEqual([])
  })

  test("may send any header that tools add to a fetch, within limits", async () => {
    const asking = async (names: string, method = "POST", target = "/t/buy") => {
      const headers = {
        ...question,
        "access-control-request-method": method,
        "access-control-request-headers": names
      }
      const answer = await guardedGateway().ask(target, { method: "OPTIONS", headers })
      expect([answer.status, answer.headers.get("vary")]).toEqual([204, "Access-Control-Request-Headers"])
      return (header(answer, "allow-headers") ?? "").split(", ").slice(standardHeaders.length)
    }
    const traced = ["baggage", "newrelic", "sentry-trace", "traceparent", "tracestate", "x-requested-with"]
    expect(await asking(["content-type", ...traced].join(","))).toEqual(traced)
    for (const target of [
      "/",
      "/batch",
      "/track",
      "/api/v1/beacon",
      "/api/v1/beacon/log",
      "/any/path",
      "/w/k/t/x"
    ])
      expect(await asking("traceparent", "POST", target)).toEqual(["traceparent"])
    expect(await asking("traceparent", "GET", "/click/spring/go")).toEqual(["traceparent"])
    expect(await asking(" X-A , x-a,X-B\t")).toEqual(["x-a", "x-b"])
    expect(await asking('*, , a b, a:b, x"y, (c), ok')).toEqual(["ok"])
    expect(await asking(`${"n".repeat(maxNameLength)}, ${"n".repeat(maxNameLength + 1)}`)).toEqual([
      "n".repeat(maxNameLength)
    ])
    const many = Array.from({ length: 1_000 }, (_, n) => `x-${n}`)
    expect(await asking(many.join(","))).toEqual(many.slice(0, maxRequestedNames))
  })

  test("gets no access to a private network with *", async () => {
    const headers = { ...question, "access-control-request-private-network": "true" }
    const open = await guardedGateway().ask("/batch", { method: "OPTIONS", headers })
    expect(header(open, "allow-private-network")).toBeNull()
    const named = await listed().ask("/batch", { method: "OPTIONS", headers })
    expect(header(named, "allow-private-network")).toBe("true")
  })

  test("an OPTIONS request without CORS headers is not a preflight", async () => {
    const { ask } = guardedGateway()
    expect((await ask("/t/x", { method: "OPTIONS" })).status).toBe(405)
  })
})

describe("pages on a list", () => {
  const originOf = async (origin: string | undefined, credentials = false) => {
    const answer = await listed(credentials).ask("/t/x", origin === undefined ? {} : { headers: { origin } })
    expect(answer.status).toBe(200)
    expect(answer.headers.get("vary")).toBe("Origin")
    return [header(answer, "allow-origin"), header(answer, "allow-credentials")]
  }

  test("may read responses, others may not, and events of both are accepted", async () => {
    expect(await originOf("https://shop.example")).toEqual(["https://shop.example", null])
    expect(await originOf("https://a.b.example.org")).toEqual(["https://a.b.example.org", null])
    for (const other of [
      undefined,
      "null",
      "http://shop.example",
      "https://shop.example:8443",
      "https://shop.example.evil.example",
      "https://evilshop.example",
      "https://example.org",
      "https://evilexample.org",
      "https://.example.org",
      "https://*.example.org"
    ])
      expect(await originOf(other)).toEqual([null, null])
  })

  test("may send cookies when enabled", async () => {
    expect(await originOf("https://shop.example", true)).toEqual(["https://shop.example", "true"])
    expect(await originOf("https://other.example", true)).toEqual([null, null])
  })

  test("a page not on the list gets no permission in its preflight", async () => {
    const { ask } = listed(true)
    const traced = { ...question, "access-control-request-headers": "traceparent" }
    const yes = await ask("/batch", { method: "OPTIONS", headers: traced })
    expect(header(yes, "allow-headers")).toEndWith(", traceparent")
    expect([header(yes, "allow-origin"), header(yes, "allow-credentials"), header(yes, "max-age")]).toEqual([
      "https://shop.example",
      "true",
      "86400"
    ])
    const no = await ask("/batch", {
      method: "OPTIONS",
      headers: { ...traced, origin: "https://other.example" }
    })
    expect(header(no, "allow-headers")).toBeNull()
    expect(no.status).toBe(204)
    expect([header(no, "allow-origin"), header(no, "allow-methods"), no.headers.get("vary")]).toEqual([
      null,
      null,
      "Origin"
    ])
    expect(yes.headers.get("vary")).toBe("Origin, Access-Control-Request-Headers")
  })

  test("errors are narrowed too, and health is not readable at all", async () => {
    const { ask } = listed()
    const refused = await ask("/t/x", { method: "PUT", headers: { origin: "https://shop.example" } })
    expect(header(refused, "allow-origin")).toBe("https://shop.example")
    const health = await ask("/health/live", { headers: { origin: "https://shop.example" } })
    expect(header(health, "allow-origin")).toBeNull()
  })
})

test("credentials with * fail the start with one sentence", () => {
  const start = () => corsOf({ corsOrigins: "*", corsCredentials: true })
  expect(start).toThrow(Failure)
  expect(start).toThrow("CORS_CREDENTIALS requires a list of origins in CORS_ORIGINS")
})

test("an invalid list is reported in a sentence with the entry", () => {
  for (const good of ["*", "https://a.example", "http://localhost:3000,https://*.a.example", ""])
    expect(originsProblem(good)).toBeUndefined()
  for (const bad of ["a.example", "https://a.example/", "https://a.*", "ftp://a.example", "https://u@a"])
    expect(originsProblem(`https://b.example,${bad}`)).toContain(`"${bad}"`)
  expect(originsProblem("*,https://a.example")).toBe("Use either * or a list of origins, not both.")
})
