import { afterEach, describe, expect, test } from "bun:test"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { securityHeaders, type ViewerOptions } from "../../../actors/viewer/app.ts"
import { basicAuth } from "../../../actors/viewer/basic-auth.ts"
import { type LiveFeed, liveFeed } from "../../../actors/viewer/live-feed.ts"
import { type Bytes, bytesOf } from "../../../contracts/event.ts"
import { Failure } from "../../../contracts/failure.ts"
import { type Server, serve } from "../../../gateway/serve.ts"
import { eventually } from "../../support/eventually.ts"
import { ask, viewer } from "./asking.ts"

const feedOf = (...values: ReadonlyArray<string>): LiveFeed => {
  const feed = liveFeed()
  add(feed, ...values)
  return feed
}
const add = (feed: LiveFeed, ...values: ReadonlyArray<string>): void =>
  feed.add(
    values.map((value, offset) => ({
      stage: "stored" as const,
      times: {},
      topic: "events",
      partition: 0,
      offset: String(offset),
      timestamp: 1795206905922,
      id: "",
      value: bytesOf(value) as Bytes
    }))
  )

const login = { authorization: `Basic ${btoa("viewer:secret")}` }
const auth = basicAuth("viewer", "secret")

describe("the page", () => {
  test("is the overview at /, and the live list at /events and at its old address", async () => {
    expect(await (await ask("/")).text()).toContain("<title>Overview · Spoor</title>")
    const page = await (await ask("/events")).text()
    expect(page).toContain("<title>Live events · Spoor</title>")
    expect(await (await ask("/kafidx")).text()).toBe(page)
  })

  test("of the charts has its library from the package, with its licence, even in the style sheet", async () => {
    for (const path of ["/page/lib/uplot.js", "/page/lib/uplot.css"]) {
      expect(await (await ask(path)).text()).toMatch(/^\/\*[^/]+\(MIT Licensed\)/)
    }
    expect(await (await ask("/counters")).text()).toBe(await (await ask("/counters/event-counter")).text())
  })

  test("of the dead letters is at its old address too", async () => {
    const answer = await ask("/badclicks")
    expect(answer.status).toBe(302)
    expect(answer.headers.get("location")).toBe("/dead-letters")
    expect(await (await ask("/dead-letters")).text()).toContain("<h1>Dead letters</h1>")
    expect(await (await ask("/ledger")).text()).toContain("<h1>Ledger</h1>")
  })

  test("its scripts and styles are all there, under the right types", async () => {
    const pages = [
      "/",
      "/events",
      "/counters/event-counter",
      "/ledger",
      "/dead-letters",
      "/dead-letters/letter"
    ]
    for (const path of pages) {
      const page = await (await ask(path)).text()
      const parts = [...page.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)].map((match) => match[1] ?? "")
      expect(parts.length).toBeGreaterThanOrEqual(2)
      for (const part of parts) {
        const answer = await ask(part)
        expect(answer.status).toBe(200)
        expect(answer.headers.get("content-type")).toMatch(
          part.endsWith(".css") ? /^text\/css/ : /^text\/javascript/
        )
        for (const [, imported = ""] of (await answer.text()).matchAll(/from "([^"]+)"/g)) {
          expect((await ask(imported)).status).toBe(200)
        }
      }
    }
  })

  test("makes no markup of text, runs no code of others and asks no other host", () => {
    const folder = join(import.meta.dirname, "..", "..", "..", "actors", "viewer", "page")
    for (const name of readdirSync(folder)) {
      const text = readFileSync(join(folder, name), "utf8")
      expect(text).not.toMatch(
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|https?:\/\//
      )
      expect(text).not.toMatch(/<script(?![^>]*src=)|\son[a-z]+=|style=/)
    }
  })

  test("of a counter nobody knows is not there", async () => {
    expect((await ask("/counters/other")).status).toBe(404)
    expect((await ask("/api/counters/other")).status).toBe(404)
    expect((await ask("/page/../settings.ts")).status).toBe(404)
    expect((await ask("/page/frame.html")).status).toBe(404)
  })
})

describe("the data", () => {
  test("counters, their rows and the status are JSON that nobody keeps", async () => {
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

  test("that cannot be had now is told so", async () => {
    const failing = () =>
      Promise.reject(new Failure({ reason: "unavailable", message: "redis.internal is down" }))
    const answer = await ask("/api/counters/event-counter", { tables: failing })
    expect(answer.status).toBe(503)
    expect(await answer.text()).not.toContain("redis.internal")
  })
})

describe("safety", () => {
  test("every answer carries the headers that keep foreign code out", async () => {
    for (const path of [
      "/",
      "/badclicks",
      "/api/counters",
      "/page/live.js",
      "/nothing",
      "/live",
      "/health/live"
    ]) {
      const { headers } = await ask(path)
      for (const [name, value] of Object.entries(securityHeaders)) expect(headers.get(name)).toBe(value)
    }
  })

  test("with a password nothing but health and metrics is shown to strangers", async () => {
    for (const path of ["/", "/kafidx", "/api/counters", "/page/live.js", "/live", "/nothing"]) {
      const answer = await ask(path, { auth })
      expect(answer.status).toBe(401)
      expect(answer.headers.get("www-authenticate")).toStartWith("Basic ")
    }
    for (const path of ["/health/live", "/health/ready", "/metrics"]) {
      expect((await ask(path, { auth })).status).toBe(200)
    }
    expect((await ask("/", { auth }, { headers: login })).status).toBe(200)
  })

  test("without a password only names of this machine are answered, so that no other site can pose as it", async () => {
    const as = (host: string) => ask("/api/counters", {}, { headers: { host } })
    expect((await as("127.0.0.1:5031")).status).toBe(200)
    expect((await as("evil.example:5031")).status).toBe(401)
    expect((await as("a/b")).status).toBe(400)
    const named = { headers: { ...login, host: "viewer.example" } }
    expect((await ask("/api/counters", { auth }, named)).status).toBe(200)
  })
})

describe("the live socket", () => {
  const started: Array<Server> = []
  const start = async (options: Partial<ViewerOptions>): Promise<Server> => {
    const server = await serve({ port: 0, hostname: "127.0.0.1", ...viewer(options) })
    started.push(server)
    return server
  }
  afterEach(async () => {
    for (const server of started.splice(0)) await server.close()
  })

  // Bun's own; the types have the browser's, which sets no headers.
  const SocketWithHeaders = WebSocket as unknown as new (
    url: string,
    options: { headers: Record<string, string> }
  ) => WebSocket

  interface Heard {
    readonly total: number
    readonly dropped: number
    readonly events: ReadonlyArray<{ readonly type: string; readonly raw: string }>
  }
  const watch = (
    server: Server,
    options: { query?: string; origin?: string | undefined; headers?: Record<string, string> } = {}
  ) => {
    const { query = "", headers = {} } = options
    const origin = "origin" in options ? options.origin : `http://127.0.0.1:${server.port}`
    const socket = new SocketWithHeaders(`ws://127.0.0.1:${server.port}/live${query}`, {
      headers: origin === undefined ? headers : { ...headers, origin }
    })
    const heard: Array<Heard> = []
    const ended = new Promise<string>((resolve) => {
      socket.onclose = () => resolve("closed")
    })
    socket.onmessage = ({ data }) => heard.push(JSON.parse(String(data)))
    return { socket, heard, ended, events: () => heard.flatMap(({ events }) => events) }
  }

  test("tells what was there and what comes, as it is written", async () => {
    const feed = feedOf("app_open type=Desktop x=%3Cscript%3E", "garbage")
    const { events, heard } = watch(await start({ feed }))
    await eventually("the last events", () => events().length === 2)
    expect(events()[0]).toMatchObject({ type: "app_open", params: [["x", "<script>"]] })
    add(feed, "purchase type=Desktop a")
    await eventually("the next event", () => events().length === 3)
    expect(heard.at(-1)).toMatchObject({ total: 3, dropped: 0, events: [{ type: "purchase" }] })
  })

  test("tells only the types asked for, but counts all", async () => {
    const feed = feedOf("app_open type=Desktop a", "purchase type=Desktop a")
    const { events, heard } = watch(await start({ feed }), { query: "?filter=PURCHASE" })
    await eventually("the last events", () => heard.length > 0)
    expect(events().map(({ type }) => type)).toEqual(["purchase"])
    expect(heard[0]?.total).toBe(2)
  })

  test("paused, it tells no events; resumed, it goes on and says what it dropped", async () => {
    const feed = feedOf("first type=Desktop a")
    const { socket, events, heard } = watch(await start({ feed }))
    await eventually("the first event", () => events().length === 1)
    socket.send("pause")
    let sent = 0
    await eventually("a total without events", () => {
      add(feed, `more type=Desktop ${sent++}`)
      return heard.at(-1)?.total !== 1 && heard.at(-1)?.events.length === 0
    })
    add(feed, ...Array.from({ length: 600 }, (_, n) => `rest type=Desktop ${n}`))
    const before = events().length
    socket.send("resume")
    await eventually("what is left of the rest", () => events().length === before + 500)
    expect(heard.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(sent + 600 - 500 - (before - 1))
    expect(Math.max(...heard.map(({ events }) => events.length))).toBeLessThanOrEqual(100)
  })

  test("is opened only by the viewer's own page", async () => {
    const feed = feedOf()
    const server = await start({ feed })
    for (const origin of ["http://evil.example", `https://127.0.0.1:${server.port + 1}`, "null"]) {
      expect(await watch(server, { origin }).ended).toBe("closed")
    }
    expect(feed.watchers()).toBe(0)
  })

  test("is opened only by who knows the password", async () => {
    const feed = feedOf("app_open type=Desktop a")
    const server = await start({ feed, auth })
    expect(await watch(server).ended).toBe("closed")
    const { events } = watch(server, { headers: login })
    await eventually("the last event", () => events().length === 1)
  })

  test("leaves nothing behind when it is closed", async () => {
    const feed = feedOf()
    const { socket, heard } = watch(await start({ feed }))
    await eventually("the first total", () => heard.length === 1)
    expect(feed.watchers()).toBe(1)
    socket.close()
    await eventually("nobody watches", () => feed.watchers() === 0)
  })
})
