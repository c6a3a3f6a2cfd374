import { describe, expect, test } from "bun:test"
import { securityHeaders } from "../../../actors/viewer/app.ts"
import { credentials } from "../../../actors/viewer/auth/credentials.ts"
import { Failure } from "../../../contracts/failure.ts"
import { ask, counterTables } from "./requests.ts"

const login = { authorization: `Basic ${btoa("viewer:secret")}` }
const auth = credentials({ login: { user: "viewer", password: "secret" } })

describe("a page", () => {
  test("is the overview at /, and the live list at /events and at its legacy path", async () => {
    expect(await (await ask("/")).text()).toContain("<title>Overview · Spoor</title>")
    const page = await (await ask("/events")).text()
    expect(page).toContain("<title>Events · Spoor</title>")
    expect(await (await ask("/kafidx")).text()).toBe(page)
  })

  test("with charts loads the library from its package, with the licence, also in the style sheet", async () => {
    for (const path of ["/page/lib/uplot.js", "/page/lib/uplot.css"]) {
      expect(await (await ask(path)).text()).toMatch(/^\/\*[^/]+\(MIT Licensed\)/)
    }
    expect(await (await ask("/counters")).text()).toBe(await (await ask("/counters/event-counter")).text())
  })

  test("of the dead letters is served at its legacy path too", async () => {
    const answer = await ask("/badclicks")
    expect(answer.status).toBe(302)
    expect(answer.headers.get("location")).toBe("/dead-letters")
    expect(await (await ask("/dead-letters")).text()).toContain("<h1>Dead letters</h1>")
    expect(await (await ask("/ledger")).text()).toContain("<h1>Ledger</h1>")
  })

  test("of an unknown counter is 404", async () => {
    expect((await ask("/counters/other")).status).toBe(404)
    expect((await ask("/api/counters/other")).status).toBe(404)
    expect((await ask("/page/../settings.ts")).status).toBe(404)
    expect((await ask("/page/frame.html")).status).toBe(404)
  })
})

describe("the data", () => {
  test("of counters, tables and status is JSON and not cached", async () => {
    const answer = await ask("/api/counters/event-counter")
    expect(answer.headers.get("cache-control")).toBe("no-store")
    expect(await answer.json()).toEqual({
      name: "event-counter",
      title: "Events",
      tables: ["by-type"],
      rows: { "by-type": [{ key: "<b>app_open</b>", count: 3 }] }
    })
    expect(await (await ask("/api/counters")).json()).toEqual([
      { name: "event-counter", title: "Events", tables: ["by-type"] }
    ])
    expect(await (await ask("/api/status")).json()).toEqual({ read: 7 })
  })

  test("that is unavailable is 503, without internal names", async () => {
    const failing = () =>
      Promise.reject(new Failure({ reason: "unavailable", message: "redis.internal is down" }))
    const answer = await ask("/api/counters/event-counter", {
      counterTables: { ...counterTables, tables: failing }
    })
    expect(answer.status).toBe(503)
    expect(await answer.text()).not.toContain("redis.internal")
  })
})

describe("safety", () => {
  test("every response has the security headers", async () => {
    for (const path of [
      "/",
      "/badclicks",
      "/api/counters",
      "/page/events.ts",
      "/nothing",
      "/live",
      "/health/live"
    ]) {
      const { headers } = await ask(path)
      for (const [name, value] of Object.entries(securityHeaders)) expect(headers.get(name)).toBe(value)
    }
  })

  test("with a password only health is public, and metrics are not served", async () => {
    for (const path of ["/", "/kafidx", "/metrics", "/api/counters", "/page/hue.ts", "/live", "/nothing"]) {
      const answer = await ask(path, { auth })
      expect(answer.status).toBe(401)
      expect(answer.headers.get("www-authenticate")).toStartWith("Basic ")
    }
    for (const path of ["/health/live", "/health/ready"]) {
      expect((await ask(path, { auth })).status).toBe(200)
    }
    expect((await ask("/", { auth }, { headers: login })).status).toBe(200)
    expect((await ask("/metrics", { auth }, { headers: login })).status).toBe(404)
    expect((await ask("/metrics")).status).toBe(404)
  })

  test("without a password only loopback host names are served, against DNS rebinding", async () => {
    const as = (host: string) => ask("/api/counters", {}, { headers: { host } })
    expect((await as("127.0.0.1:5031")).status).toBe(200)
    expect((await as("evil.example:5031")).status).toBe(401)
    expect((await as("a/b")).status).toBe(400)
    const named = { headers: { ...login, host: "viewer.example" } }
    expect((await ask("/api/counters", { auth }, named)).status).toBe(200)
  })
})
