/** The live socket over real connections: credentials and messages. */
import { afterEach, describe, expect, test } from "bun:test"
import type { ViewerOptions } from "../../../../actors/viewer/app.ts"
import { credentials } from "../../../../actors/viewer/auth/credentials.ts"
import { eventually } from "../../../support/eventually.ts"
import {
  clientOf,
  requestTicket,
  type Started,
  startViewer,
  ticketOf,
  type Watcher,
  watch
} from "../watching.ts"

const started: Array<Started> = []
const start = async (options: Partial<ViewerOptions> = {}): Promise<Started> => {
  const viewer = await startViewer(options)
  started.push(viewer)
  return viewer
}
afterEach(async () => {
  for (const { server } of started.splice(0)) await server.close()
})

const login = { authorization: `Basic ${btoa("viewer:secret")}` }
const auth = credentials({ login: { user: "viewer", password: "secret" }, token: "t-1" })

// Bun's WebSocket takes headers; the types are those of the browser.
const SocketWithHeaders = WebSocket as unknown as new (
  url: string,
  options: { headers: Record<string, string> }
) => WebSocket
const watchWith = (url: string, ticket: string, headers: Record<string, string>): Watcher =>
  clientOf(new SocketWithHeaders(`${url.replace("http", "ws")}/live?ticket=${ticket}`, { headers }), [
    { watch: {} }
  ])

describe("the socket sends", () => {
  test("recent and new events, as they are written", async () => {
    const { url, add } = await start()
    add("app_open type=Desktop x=%3Cscript%3E", "garbage")
    const { events, messages } = watch(url, await ticketOf(url), { watch: {} })
    await eventually("the last events", () => events().length === 2)
    expect(events()[0]).toMatchObject({ stage: "stored", type: "app_open", params: [["x", "<script>"]] })
    add("purchase type=Desktop a")
    await eventually("the next event", () => events().length === 3)
    expect(messages.at(-1)).toMatchObject({ total: 3, sample: 1, dropped: 0, events: [{ type: "purchase" }] })
  })

  test("nothing before the first command, then the events of the last command", async () => {
    const { url, add, feed } = await start()
    add("app_open type=Desktop a", "purchase type=Desktop a")
    const { events, messages, send, opened } = watch(url, await ticketOf(url))
    await opened
    expect(feed.subscribers()).toBe(0)
    send({ watch: { type: "PURCHASE" } })
    await eventually("the last events", () => messages.length > 0)
    expect(events().map(({ type }) => type)).toEqual(["purchase"])
    expect(messages[0]?.total).toBe(2)
    send({ watch: { type: "=app_open", param: "a" } })
    await eventually("those of the new watch", () => messages.length > 1)
    expect(events().map(({ type }) => type)).toEqual(["purchase", "app_open"])
    expect(feed.subscribers()).toBe(1)
  })

  test("different events to clients with different filters", async () => {
    const { url, add } = await start()
    const one = watch(url, await ticketOf(url), { watch: { type: "a" } })
    const other = watch(url, await ticketOf(url), { watch: { country: "DE" } })
    await eventually("both watch", () => one.messages.length > 0 && other.messages.length > 0)
    add("a type=Desktop&country=FR x", "b type=Desktop&country=DE x")
    await eventually("both have one", () => one.events().length > 0 && other.events().length > 0)
    expect(one.events().map(({ type }) => type)).toEqual(["a"])
    expect(other.events().map(({ type }) => type)).toEqual(["b"])
  })

  test("no event while it is paused, except the recent ones of a new filter", async () => {
    const { url, add } = await start()
    add("first type=Desktop a")
    const { send, events, messages } = watch(url, await ticketOf(url), { watch: {} })
    await eventually("the first event", () => events().length === 1)
    send({ pause: true })
    send({ watch: { type: "=first" } })
    await eventually("the first event again", () => events().length === 2)
    add("first type=Desktop b")
    await eventually("a total without events", () => messages.at(-1)?.total === 2)
    expect(events().length).toBe(2)
    send({ resume: true })
    await eventually("the rest", () => events().length === 3)
  })

  test("nothing after it was closed, and frees its subscription", async () => {
    const { url, feed } = await start()
    const { socket, messages } = watch(url, await ticketOf(url), { watch: {} })
    await eventually("the first total", () => messages.length === 1)
    expect(feed.subscribers()).toBe(1)
    socket.close()
    await eventually("nobody watches", () => feed.subscribers() === 0)
  })
})

describe("the socket is opened", () => {
  test("with a ticket, once, and with nothing else", async () => {
    const { url, feed } = await start()
    const ticket = await ticketOf(url)
    for (const wrong of ["", "x", ticket.slice(1)]) expect(await watch(url, wrong).opened).toBe(false)
    expect(await watch(url, ticket, { watch: {} }).opened).toBe(true)
    expect(await watch(url, ticket).opened).toBe(false)
    await eventually("one watches", () => feed.subscribers() === 1)
  })

  test("by no other page, whatever its ticket", async () => {
    const { url, server, feed } = await start()
    for (const origin of ["http://evil.example", `https://127.0.0.1:${server.port + 1}`, "null"]) {
      expect(await watchWith(url, await ticketOf(url), { origin }).opened).toBe(false)
    }
    expect(await watchWith(url, await ticketOf(url), { origin: url }).opened).toBe(true)
    await eventually("one watches", () => feed.subscribers() === 1)
  })

  test("without credentials, but a ticket needs credentials", async () => {
    const { url, add } = await start({ auth })
    add("app_open type=Desktop a")
    expect((await requestTicket(url)).status).toBe(401)
    for (const headers of [login, { authorization: "Bearer t-1" }]) {
      const { events } = watch(url, await ticketOf(url, headers), { watch: {} })
      await eventually("the last event", () => events().length === 1)
    }
    expect(await watchWith(url, "", login).opened).toBe(false)
  })
})

describe("a ticket", () => {
  test("is issued to the viewer's own page and not cached", async () => {
    const { url } = await start()
    const answer = await requestTicket(url)
    expect(answer.status).toBe(200)
    expect(answer.headers.get("cache-control")).toBe("no-store")
    expect(await answer.json()).toEqual({ ticket: expect.any(String), seconds: 60 })
    for (const origin of ["http://evil.example", "null"]) {
      expect((await requestTicket(url, { origin })).status).toBe(401)
    }
    expect((await fetch(`${url}/api/ticket`)).status).toBe(405)
    expect((await fetch(`${url}/api/ticket`, { method: "POST" })).status).toBe(401)
  })
})

describe("password guessing", () => {
  test("is throttled per address after ten wrong passwords, also for the right one", async () => {
    const ask = async (address: string, authorization?: string) =>
      fetch(`${url}/api/counters`, {
        headers: { "x-address": address, ...(authorization === undefined ? {} : { authorization }) }
      })
    const { url } = await start({ auth, addressOf: (headers) => headers.get("x-address") ?? "" })
    for (let n = 0; n < 20; n++) expect((await ask("10.0.0.1")).status).toBe(401)
    for (let n = 0; n < 10; n++) {
      const wrong = n % 2 === 0 ? `Basic ${btoa(`viewer:${n}`)}` : `Bearer ${n}`
      expect((await ask("10.0.0.1", wrong)).status).toBe(401)
    }
    const waiting = await ask("10.0.0.1", login.authorization)
    expect(waiting.status).toBe(429)
    expect(Number(waiting.headers.get("retry-after"))).toBeWithin(1, 61)
    expect((await ask("10.0.0.2", login.authorization)).status).toBe(200)
    expect((await ask("10.0.0.2")).headers.get("www-authenticate")).toMatch(/^Basic .*, Bearer /)
  })
})
