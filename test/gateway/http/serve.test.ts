import { afterEach, describe, expect, test } from "bun:test"
import { execFile } from "node:child_process"
import { connect } from "node:net"
import { join } from "node:path"
import { promisify } from "node:util"
import { Failure } from "../../../contracts/failure.ts"
import { serve } from "../../../gateway/http/serve.ts"
import {
  maxHeaderBytes,
  maxMessageBytes,
  type ServeOptions,
  type Server
} from "../../../gateway/http/server-types.ts"
import { denoProgram } from "../../support/deno.ts"
import { eventually } from "../../support/eventually.ts"

const started: Array<Server> = []
const serveWith = async (options: Partial<ServeOptions>): Promise<Server> => {
  const server = await serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("ok"), ...options })
  started.push(server)
  return server
}
afterEach(async () => {
  for (const server of started.splice(0)) await server.close()
})

/** Sends raw bytes; resolves with the data received when the server closes, or when it matches. */
const raw = (port: number, bytes: string, until: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    let received = ""
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes, "latin1"))
    socket.on("data", (data) => {
      received += data.toString("latin1")
      if (until.test(received)) socket.destroy()
    })
    socket.on("close", () => resolve(received))
    socket.on("error", reject)
  })

const url = (server: Server, path = "/"): string => `http://127.0.0.1:${server.port}${path}`

const suite = (more: Partial<ServeOptions>): void => {
  const start = (options: Partial<ServeOptions> = {}): Promise<Server> => serveWith({ ...more, ...options })

  describe("serving", () => {
    test("a request and the address of its client reach the handler", async () => {
      const server = await start({
        fetch: (request, client) => new Response(`${request.url} ${client.address}`)
      })
      expect(await (await fetch(url(server, "/a?b"))).text()).toBe(`${url(server, "/a?b")} 127.0.0.1`)
    })

    test("HEAD has the headers of GET and no body", async () => {
      const server = await start()
      const answer = await raw(
        server.port,
        "HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        /\r\n\r\n/
      )
      expect(answer).toMatch(/content-length: 2/i)
      expect(answer).toEndWith("\r\n\r\n")
    })

    test("headers over the limit are refused with 431, headers up to it are accepted", async () => {
      const server = await start({ fetch: (request) => new Response(String(request.url.length)) })
      const get = (length: number) =>
        raw(
          server.port,
          `GET /${"a".repeat(length)} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`,
          /\r\n\r\n/
        )
      expect(await get(30_000)).toStartWith("HTTP/1.1 200")
      expect(await get(maxHeaderBytes + 1_000)).toStartWith("HTTP/1.1 431")
    })

    test("a handler that fails is answered with 503", async () => {
      const server = await start({ fetch: () => Promise.reject(new Error("x")) })
      const answer = await fetch(url(server))
      expect(answer.status).toBe(503)
      expect(answer.headers.get("retry-after")).toBe("1")
    })

    test("a port in use is reported in one sentence with the port", async () => {
      const first = await start()
      const failure = await start({ port: first.port }).catch((cause: unknown) => cause)
      expect(failure).toBeInstanceOf(Failure)
      if (!(failure instanceof Failure)) return
      expect(failure.reason).toBe("unavailable")
      expect(failure.message).toBe(`Port ${first.port} is already in use on 127.0.0.1.`)
    })
  })

  describe("stopping", () => {
    test("requests in flight are answered, idle connections are closed, new ones are refused", async () => {
      const { promise: held, resolve: release } = Promise.withResolvers<void>()
      let taken = 0
      const server = await start({
        fetch: async (request) => {
          taken += 1
          if (request.url.endsWith("/held")) await held
          return new Response("done")
        }
      })
      const idle = raw(server.port, "GET /idle HTTP/1.1\r\nHost: h\r\n\r\n", /never/)
      const slow = raw(server.port, "GET /held HTTP/1.1\r\nHost: h\r\n\r\n", /never/)
      await eventually("both requests have arrived", () => taken === 2)
      let stopped = false
      const stopping = server.stop().then(() => {
        stopped = true
      })
      expect(await idle).toEndWith("done")
      expect(await fetch(url(server)).catch(() => "refused")).toBe("refused")
      expect(stopped).toBe(false)
      release()
      expect(await slow).toEndWith("done")
      await stopping
    })

    test("close aborts requests in flight at once", async () => {
      let taken = false
      const server = await start({
        fetch: () => {
          taken = true
          return new Promise<Response>(() => {})
        }
      })
      const lost = raw(server.port, "GET / HTTP/1.1\r\nHost: h\r\n\r\n", /never/).catch(() => "")
      await eventually("the request has arrived", () => taken)
      await server.close()
      expect(await lost).toBe("")
    })
  })

  describe("a WebSocket", () => {
    const echo = (): Promise<Server> =>
      start({
        fetch: (_, client) => client.upgrade() ?? new Response("not a socket", { status: 426 }),
        socket: {
          open: (socket, request) => void socket.send(`hello ${new URL(request.url).pathname}`),
          message: (socket, text) =>
            text === "bye" ? socket.close(4000, "as asked") : void socket.send(text),
          close: () => {}
        }
      })
    const open = (server: Server): { texts: Array<string>; socket: WebSocket; closed: Promise<number> } => {
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}/live`)
      const texts: Array<string> = []
      socket.onmessage = ({ data }) => texts.push(String(data))
      return {
        texts,
        socket,
        closed: new Promise((resolve) => (socket.onclose = ({ code }) => resolve(code)))
      }
    }

    test("opens, sends in both directions and closes with its code", async () => {
      const { texts, socket, closed } = open(await echo())
      await eventually("the greeting", () => texts.length === 1)
      socket.send("a")
      await eventually("the echo", () => texts.length === 2)
      expect(texts).toEqual(["hello /live", "a"])
      socket.send("bye")
      expect(await closed).toBe(4000)
    })

    test("is closed when the server stops", async () => {
      const server = await echo()
      const { texts, closed } = open(server)
      await eventually("the greeting", () => texts.length === 1)
      await server.stop()
      expect(await closed).toBe(1001)
    })

    test("is closed after a message that is too large or binary", async () => {
      const server = await echo()
      for (const message of ["x".repeat(maxMessageBytes + 1), new Uint8Array(3)]) {
        const { texts, socket, closed } = open(server)
        await eventually("the greeting", () => texts.length === 1)
        socket.send(message)
        await closed
        expect(texts.length).toBe(1)
      }
    })

    test("needs an upgrade request and a server with handlers", async () => {
      expect((await fetch(url(await echo()))).status).toBe(426)
      const plain = await start({
        fetch: (_, client) => client.upgrade() ?? new Response(null, { status: 426 })
      })
      expect(
        (await fetch(url(plain), { headers: { connection: "upgrade", upgrade: "websocket" } })).status
      ).toBe(426)
    })
  })
}

describe("a server", () => suite({}))
describe("a server behind the connection guard", () =>
  suite({ connectionGuard: { maxConnections: 100, requestTimeoutMs: 10_000, countRefused: () => {} } }))

const deno = denoProgram()

test.skipIf(deno === undefined)("Deno serves the same", async () => {
  const root = join(import.meta.dirname, "..", "..", "..")
  const script = join(import.meta.dirname, "serve-on-deno.ts")
  const { stdout } = await promisify(execFile)(deno ?? "deno", ["run", "-A", script], { cwd: root })
  expect(JSON.parse(stdout)).toEqual({
    event: { status: 200, body: '{"status":"ok"}' },
    pixel: { status: 200, type: "image/gif" },
    tooLong: 414,
    posted: 405,
    batch: {
      verdicts: [{ verdict: "ok" }, { verdict: "rejected", reason: "An event must be a JSON object." }]
    },
    codings: [200, 200, 200, 200, 400, 400, 413],
    tooLarge: 413,
    endless: "HTTP/1.1 413 Payload Too Large",
    lines: [
      "127.0.0.1 1795206900000 127.0.0.1 nopod /a%20b/c// x=%20&y=[1] ua  x",
      "8.8.8.8 1795206900000 127.0.0.1 nopod /t/open e ua  x",
      "127.0.0.1 1795206900000 127.0.0.1 nopod /t/a b[0]=1 ua  x",
      ...Array.from({ length: 4 }, () => "127.0.0.1 1795206900000 127.0.0.1 nopod /t/zip a=1 ua  x")
    ],
    inUse: true,
    socket: ["hello", "a"],
    socketTooLarge: 1009,
    socketWhileStopping: 1001,
    answeredWhileStopping: 200,
    refusedWhenStopped: true
  })
})
