/** Access checks of requests: no other site can act with a user's rights, and reading changes nothing. */
import { afterEach, describe, expect, test } from "bun:test"
import { connect } from "node:net"
import type { ViewerOptions } from "../../../../actors/viewer/app.ts"
import { credentials } from "../../../../actors/viewer/auth/credentials.ts"
import { maxJsonBodyBytes } from "../../../../actors/viewer/http/request-body.ts"
import { deadLetterPostPaths } from "../../../../actors/viewer/routes/dead-letters.ts"
import { serve } from "../../../../gateway/http/serve.ts"
import type { Server } from "../../../../gateway/http/server-types.ts"
import { ask, noServices, ownPage, type Services, sendCommand, viewer } from "../requests.ts"

const none = { done: 0, gone: 0, tooOften: 0, tooOftenLetters: [], troubles: [] }

/** Services that count the changes. */
const counting = (): { readonly services: Services; readonly changes: () => number } => {
  let changes = 0
  const change = async () => {
    changes += 1
    return none
  }
  const dryRun = async () => {
    changes += 1
    return undefined
  }
  const deadLetters = { ...noServices.deadLetters, replay: change, discard: change, dryRun }
  return { services: { ...noServices, deadLetters }, changes: () => changes }
}

const everything = { filter: {} }
const without = (name: keyof typeof ownPage): Record<string, string> => {
  const { [name]: _, ...rest } = ownPage
  return rest
}

describe("a change", () => {
  test("is accepted from the viewer's own page, also when the browser sends no Sec-Fetch-Site", async () => {
    const { services, changes } = counting()
    for (const headers of [
      ownPage,
      without("sec-fetch-site"),
      { ...ownPage, "content-type": "Application/JSON; charset=utf-8" }
    ]) {
      const answer = await sendCommand("discard", services, everything, headers)
      expect(answer.status).toBe(200)
      expect(await answer.json()).toEqual(none)
    }
    expect(changes()).toBe(3)
  })

  test("is refused from any other page, and without an Origin", async () => {
    const { services, changes } = counting()
    for (const headers of [
      without("origin"),
      { ...ownPage, origin: "null" },
      { ...ownPage, origin: "http://evil.example" },
      { ...ownPage, origin: "http://localhost:8080" },
      { ...ownPage, origin: "http://localhost" },
      { ...ownPage, "sec-fetch-site": "cross-site" },
      { ...ownPage, "sec-fetch-site": "same-site" },
      { ...ownPage, "sec-fetch-site": "none" }
    ]) {
      for (const path of ["replay", "discard", "try"]) {
        expect((await sendCommand(path, services, everything, headers)).status).toBe(401)
      }
    }
    expect(changes()).toBe(0)
  })

  test("is refused under a host name that is not loopback, whatever the Origin", async () => {
    const { services, changes } = counting()
    const headers = { ...ownPage, host: "evil.example:5031", origin: "http://evil.example:5031" }
    expect((await sendCommand("discard", services, everything, headers)).status).toBe(401)
    expect(changes()).toBe(0)
  })

  test("must be JSON, which a form of another site cannot send", async () => {
    const { services, changes } = counting()
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data",
      "",
      "application/jsonp"
    ]) {
      const answer = await sendCommand("discard", services, everything, { ...ownPage, "content-type": type })
      expect(answer.status).toBe(415)
    }
    const garbage = { method: "POST", headers: ownPage, body: "{" }
    expect((await ask("/api/dead-letters/discard", services, garbage)).status).toBe(400)
    const bytes = { method: "POST", headers: ownPage, body: Uint8Array.of(0x22, 0xff, 0x22) }
    expect((await ask("/api/dead-letters/discard", services, bytes)).status).toBe(400)
    expect(changes()).toBe(0)
  })

  test("needs the password when one is set", async () => {
    const { services, changes } = counting()
    const auth = credentials({ login: { user: "viewer", password: "secret" } })
    const init = { method: "POST", headers: ownPage, body: JSON.stringify(everything) }
    expect((await ask("/api/dead-letters/discard", { ...services, auth }, init)).status).toBe(401)
    const headers = { ...ownPage, authorization: `Basic ${btoa("viewer:secret")}` }
    expect((await ask("/api/dead-letters/discard", { ...services, auth }, { ...init, headers })).status).toBe(
      200
    )
    expect(changes()).toBe(1)
  })

  test("is POST only, and other paths refuse POST", async () => {
    for (const path of deadLetterPostPaths) {
      for (const method of ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
        const answer = await ask(path, {}, { method, headers: ownPage })
        expect(answer.status).toBe(405)
        expect(answer.headers.get("allow")).toBe("POST")
      }
      for (const near of [`${path}/`, path.toUpperCase(), path.replace("dead", "%64ead")]) {
        expect((await ask(near, {}, { method: "POST", headers: ownPage, body: "{}" })).status).toBe(405)
      }
    }
    for (const path of [
      "/",
      "/ledger",
      "/api/ledger",
      "/api/dead-letters",
      "/live",
      "/health/live",
      "/nothing"
    ]) {
      for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
        const answer = await ask(path, {}, { method, headers: ownPage })
        expect(answer.status).toBe(405)
        expect(answer.headers.get("allow")).toBe("GET, HEAD")
      }
    }
  })
})

describe("data", () => {
  test("is refused to pages of other sites and served to people and tools", async () => {
    const as = (site: string) => ask("/api/counters", {}, { headers: { "sec-fetch-site": site } })
    expect((await as("cross-site")).status).toBe(401)
    expect((await as("same-site")).status).toBe(401)
    expect((await as("same-origin")).status).toBe(200)
    expect((await as("none")).status).toBe(200)
    expect((await ask("/api/counters")).status).toBe(200)
    const page = await ask("/ledger", {}, { headers: { "sec-fetch-site": "cross-site" } })
    expect(page.status).toBe(200)
  })
})

describe("over a connection", () => {
  const started: Array<Server> = []
  afterEach(async () => {
    for (const server of started.splice(0)) await server.close()
  })
  const start = async (options: Partial<ViewerOptions>): Promise<Server> => {
    const server = await serve({ port: 0, hostname: "127.0.0.1", ...viewer(options) })
    started.push(server)
    return server
  }
  const post = ({ port }: Server, body: BodyInit, more: Record<string, string> = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/api/dead-letters/discard`, {
      method: "POST",
      headers: { ...ownPage, origin: `http://127.0.0.1:${port}`, ...more },
      body
    })

  test("a command is read and answered", async () => {
    const { services, changes } = counting()
    const answer = await post(await start(services), JSON.stringify(everything))
    expect(answer.status).toBe(200)
    expect(answer.headers.get("content-type")).toBe("application/json")
    expect(await answer.json()).toEqual(none)
    expect(changes()).toBe(1)
  })

  test("a command of another origin is refused", async () => {
    const { services, changes } = counting()
    const server = await start(services)
    const answer = await post(server, JSON.stringify(everything), { origin: "http://127.0.0.1:1" })
    expect(answer.status).toBe(401)
    expect(changes()).toBe(0)
  })

  test("a body is counted while it is read, whatever its Content-Length", async () => {
    const { services, changes } = counting()
    const server = await start(services)
    const letters = (bytes: number) => JSON.stringify({ letters: ["x".repeat(bytes - 16)] })
    expect((await post(server, letters(maxJsonBodyBytes))).status).toBe(200)
    expect((await post(server, letters(maxJsonBodyBytes + 1))).status).toBe(413)
    const chunked = (count: number) =>
      new ReadableStream<Uint8Array>({
        start: (controller) => {
          for (let n = 0; n < count; n++) controller.enqueue(new Uint8Array(65_536).fill(0x20))
          controller.enqueue(new TextEncoder().encode(JSON.stringify(everything)))
          controller.close()
        }
      })
    expect((await post(server, chunked(7))).status).toBe(200)
    expect((await post(server, chunked(8))).status).toBe(413)
    expect(changes()).toBe(2)
  })

  test("an incomplete body changes nothing", async () => {
    const { services, changes } = counting()
    const server = await start(services)
    const body = JSON.stringify(everything)
    const socket = connect(server.port, "127.0.0.1")
    const closed = new Promise((resolve) => socket.once("close", resolve))
    socket.on("error", () => {})
    const head = Object.entries({ ...ownPage, origin: `http://127.0.0.1:${server.port}` })
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("")
    socket.write(
      `POST /api/dead-letters/discard HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n${head}Content-Length: ${
        body.length + 10
      }\r\n\r\n${body}`
    )
    socket.end()
    await closed
    expect((await post(server, body)).status).toBe(200)
    expect(changes()).toBe(1)
  })
})
