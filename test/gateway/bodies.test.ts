/** Bodies over a real socket: what a Request object cannot represent, and what `curl` sends. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { connect } from "node:net"
import { gzipSync, zstdCompressSync } from "node:zlib"
import { standardFormatLimits } from "../../gateway/formats/limits.ts"
import { serve } from "../../gateway/http/serve.ts"
import type { Server } from "../../gateway/http/server-types.ts"
import { testGateway } from "./gateway-for-tests.ts"

const timeoutMs = 150
const { app, taken, lines } = testGateway({ bodyLimits: { ...standardFormatLimits, timeoutMs } })
let server: Server
beforeAll(async () => {
  server = await serve({ port: 0, hostname: "127.0.0.1", fetch: app.fetch, countsBodies: true })
})
afterAll(() => server.close())

const head = (more: string, path = "/t/x"): string =>
  `POST ${path} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n${more}\r\n`

/** The data of a connection until the server ends it, or until it matches. */
const answerTo = (
  first: string,
  more: (send: (text: string) => boolean) => void,
  until = /$^/
): Promise<string> =>
  new Promise((resolve) => {
    let received = ""
    const socket = connect(server.port, "127.0.0.1", () => {
      socket.write(first, "latin1")
      more((text) => !socket.destroyed && socket.write(text, "latin1"))
    })
    socket.on("data", (data) => {
      received += data.toString("latin1")
      if (until.test(received)) socket.destroy()
    })
    // The server may close while we still send.
    socket.on("error", () => {})
    socket.on("close", () => resolve(received))
  })

/** Sends chunks up to a number of bytes, with backpressure, and counts the bytes sent. */
const flood = (first: string, piece: string, most: number): Promise<{ received: string; sent: number }> =>
  new Promise((resolve) => {
    let received = ""
    let sent = 0
    const socket = connect(server.port, "127.0.0.1", () => {
      socket.write(first, "latin1")
      pour()
    })
    const pour = (): void => {
      while (sent < most && !socket.destroyed) {
        sent += piece.length
        if (!socket.write(piece, "latin1")) return void socket.once("drain", pour)
      }
    }
    socket.on("data", (data) => {
      received += data.toString("latin1")
    })
    socket.on("error", () => {})
    socket.on("close", () => resolve({ received, sent }))
  })

const megabyte = 1024 * 1024
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`

describe("a body over the limit", () => {
  test("is refused by its Content-Length before it is read", async () => {
    const answer = await answerTo(head(`Content-Length: ${megabyte + 1}\r\n`), () => {})
    expect(answer).toStartWith("HTTP/1.1 413")
    expect(answer).toMatch(/connection: close/i)
    expect(answer).toContain('"error":"too-large"')
  })

  const floods: ReadonlyArray<readonly [what: string, first: string, piece: string]> = [
    ["by its length", head(`Content-Length: ${200 * megabyte}\r\n`), "x".repeat(65_536)],
    ["in chunks without an end", head("Transfer-Encoding: chunked\r\n"), chunk("x".repeat(65_536))],
    [
      "in chunks with extensions",
      head("Transfer-Encoding: chunked\r\n"),
      `10000;a=${"b".repeat(1_000)}\r\n${"x".repeat(65_536)}\r\n`
    ],
    ["in tiny chunks", head("Transfer-Encoding: chunked\r\n"), chunk("x").repeat(10_000)]
  ]
  for (const [what, first, piece] of floods) {
    test(`${what} is not read on, and memory stays flat`, async () => {
      const before = process.memoryUsage.rss()
      const { received, sent } = await flood(first, piece, 200 * megabyte)
      // A client that keeps sending may lose the response with the connection.
      if (received !== "") expect(received).toMatch(/^HTTP\/1\.1 (413|408)/)
      expect(sent).toBeLessThan(100 * megabyte)
      expect(process.memoryUsage.rss() - before).toBeLessThan(40 * megabyte)
    })
  }
})

test("a body slightly over the limit is read to its end, so that its client reads the response", async () => {
  for (let i = 0; i < 20; i++) {
    const { received, sent } = await flood(
      head(`Content-Length: ${3 * megabyte}\r\n`),
      "x".repeat(65_536),
      3 * megabyte
    )
    expect(received).toStartWith("HTTP/1.1 413")
    expect(sent).toBe(3 * megabyte)
  }
})

describe("a body that is slow or has a wrong length", () => {
  test("is answered with 408 when it does not arrive", async () => {
    const answer = await answerTo(head("Content-Length: 10\r\n"), (send) => send("{"))
    expect(answer).toStartWith("HTTP/1.1 408")
    expect(answer).toMatch(/retry-after: 1/i)
    expect(answer).toMatch(/connection: close/i)
  })

  test("is answered with 408 when it never ends", async () => {
    let trickle: ReturnType<typeof setInterval> | undefined
    const answer = await answerTo(head("Transfer-Encoding: chunked\r\n"), (send) => {
      trickle = setInterval(() => send(chunk("x")), 10)
    })
    clearInterval(trickle)
    expect(answer).toStartWith("HTTP/1.1 408")
  })

  test("does not affect others when its client disconnects", async () => {
    await new Promise<void>((resolve) => {
      const socket = connect(server.port, "127.0.0.1", () => {
        socket.write(head("Content-Length: 10\r\n"))
        socket.end("{", () => socket.destroy())
      })
      socket.on("close", () => resolve())
    })
    const answer = await fetch(`http://127.0.0.1:${server.port}/t/after?x=1`)
    expect(answer.status).toBe(200)
    expect(taken().some((line) => line.startsWith("/t/x "))).toBe(false)
  })

  test("that is longer than its Content-Length does not become an event", async () => {
    const before = lines.length
    const answer = await answerTo(head("Content-Length: 2\r\nConnection: close\r\n"), (send) =>
      send('{}{"smuggled":1}')
    )
    expect(answer).toMatch(/^HTTP\/1\.1 (200|400)/)
    expect(lines.length - before).toBeLessThanOrEqual(1)
    expect(lines.slice(before).join()).not.toContain("smuggled")
  })
})

describe("requests of curl and browsers", () => {
  const post = (path: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>) =>
    fetch(`http://127.0.0.1:${server.port}${path}`, { method: "POST", body, headers })
  const json = { "content-type": "application/json" }

  test("are answered one after the other on one connection", async () => {
    const chunked = await answerTo(
      head("Transfer-Encoding: chunked\r\n", "/t/chunked"),
      (send) => send(`${chunk('{"a"')}${chunk(":1}")}0\r\n\r\n`),
      /\{"status":"ok"\}$/
    )
    expect(chunked).toStartWith("HTTP/1.1 200")
    expect(taken().at(-1)).toBe("/t/chunked a=1")
  })

  test("in every format", async () => {
    const before = lines.length
    const log = '1.2.3.4 - - [21/Nov/2026:01:10:43 +0000] "GET / HTTP/1.1" 200 1 "-" "curl"\nbad'
    expect((await post("/t/one", '{"a":{"b":1}}', json)).status).toBe(200)
    expect(
      (await post("/t/form", "a=1", { "content-type": "application/x-www-form-urlencoded" })).status
    ).toBe(200)
    expect((await post("/t/zip", gzipSync("a=1"), { "content-encoding": "gzip" })).status).toBe(200)
    expect((await post("/t/zstd", zstdCompressSync("a=1"), { "content-encoding": "zstd" })).status).toBe(200)
    expect(await (await post("/batch", '[{"event":"a"},7]', json)).json()).toEqual({
      verdicts: [{ verdict: "ok" }, { verdict: "rejected", reason: "An event must be a JSON object." }]
    })
    expect((await post("/track", '{"username":"a","target":"b","description":"VIEW"}', json)).status).toBe(
      200
    )
    const beacon = await post("/api/v1/beacon", '{"a":1}', { "content-type": "text/plain" })
    expect([beacon.status, await beacon.text()]).toEqual([204, ""])
    expect((await fetch(`http://127.0.0.1:${server.port}/api/v1/beacon?a=1`)).status).toBe(204)
    expect(await (await post("/api/v1/beacon/log", log, {})).json()).toMatchObject({ taken: 1, rejected: 1 })
    expect(taken().slice(before)).toEqual([
      "/t/one a[b]=1",
      "/t/form a=1",
      "/t/zip a=1",
      "/t/zstd a=1",
      "/t/a e",
      "/track username=a&target=b&description=VIEW",
      "/api/v1/beacon a=1",
      "/api/v1/beacon a=1",
      "/api/v1/beacon/log method=GET&url=%2F&protocol=HTTP%2F1.1&status=200&bytes=1&ts=1795223443000"
    ])
  })

  test("HEAD has the response of GET without its body", async () => {
    for (const [path, status] of [
      ["/t/x", 200],
      ["/api/v1/beacon", 204],
      ["/favicon.ico", 200],
      ["/robots.txt", 200],
      ["/", 200]
    ] as const) {
      const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, { method: "HEAD" })
      expect([path, answer.status, await answer.text()]).toEqual([path, status, ""])
    }
  })
})
