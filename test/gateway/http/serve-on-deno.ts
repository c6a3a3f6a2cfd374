/** Run by serve.test.ts under Deno: the gateway on a real socket; prints the results as JSON. */
import { connect } from "node:net"
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib"
import { Failure } from "../../../contracts/failure.ts"
import { gatewayApp } from "../../../gateway/app.ts"
import { maxTargetBytes } from "../../../gateway/dispatch.ts"
import { serve } from "../../../gateway/http/serve.ts"
import { maxMessageBytes } from "../../../gateway/http/server-types.ts"

const lines: Array<string> = []
const app = gatewayApp({
  push: async (line) => void lines.push(line),
  operations: { live: () => new Response(), ready: () => new Response(), metrics: () => new Response() },
  settings: { trustedProxies: "127.0.0.0/8", podName: undefined },
  now: () => 1795206900000
})
const release = Promise.withResolvers<void>()
const taken = Promise.withResolvers<void>()
const server = await serve({
  port: 0,
  hostname: "127.0.0.1",
  countsBodies: true,
  fetch: async (request, client) => {
    if (request.headers.has("upgrade")) return client.upgrade() ?? new Response(null, { status: 426 })
    if (!request.url.endsWith("/held")) return app.fetch(request, client)
    taken.resolve()
    await release.promise
    return new Response()
  },
  socket: {
    open: (socket) => void socket.send("hello"),
    message: (socket, text) => void socket.send(text),
    close: () => {}
  }
})

const ask = (target: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${server.port}${target}`, {
    ...init,
    headers: { "user-agent": "ua  x", ...init.headers }
  })

/** The status line of the response to a body without an end. */
const answerToEndless = (port: number): Promise<string> =>
  new Promise((resolve) => {
    const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`
    let isAnswered = false
    const socket = connect(port, "127.0.0.1", () => {
      socket.write("POST /t/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
      pour()
    })
    const pour = (): void => {
      while (!isAnswered) if (!socket.write(chunk)) return void socket.once("drain", pour)
    }
    socket.on("error", () => {})
    socket.on("data", (data) => {
      isAnswered = true
      socket.destroy()
      resolve(data.toString("latin1").split("\r\n")[0] ?? "")
    })
  })

const event = await ask("/a%20b/c//?x=%20&y=[1]")
const pixel = await ask("/t/open.gif", { headers: { "x-forwarded-for": "6.6.6.6, 8.8.8.8" } })
const tooLong = await ask(`/${"a".repeat(maxTargetBytes)}`)
const post = (target: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  ask(target, { method: "POST", body, headers })
const json = { "content-type": "application/json" }
const posted = await post("/x", "a=1")
const batch = await post("/batch", '[{"event":"a","params":{"b":[1]}},7]', json)
const codings = await Promise.all(
  [
    ["gzip", gzipSync("a=1")],
    ["deflate", deflateSync("a=1")],
    ["br", brotliCompressSync("a=1")],
    ["zstd", zstdCompressSync("a=1")],
    ["br", brotliCompressSync("a=1").subarray(0, -1)],
    ["zstd", zstdCompressSync("a=1").subarray(0, -1)],
    ["gzip", gzipSync(new Uint8Array(2 * 1024 * 1024))]
  ].map(async ([coding, body]) => {
    const sent = new Uint8Array(body as Uint8Array)
    return (await post("/t/zip", sent, { "content-encoding": String(coding) })).status
  })
)
const tooLarge = await post("/t/x", "x".repeat(1024 * 1024 + 1))
const endless = await answerToEndless(server.port)
const inUse = await serve({ port: server.port, hostname: "127.0.0.1", fetch: () => new Response() }).catch(
  (cause: unknown) => cause
)

/** The messages of a socket until it was closed by either side, and the close code. */
const talk = (first: string, closeAfter: number): Promise<{ texts: Array<unknown>; code: number }> =>
  new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/live`)
    const texts: Array<unknown> = []
    socket.onmessage = ({ data }) => {
      texts.push(data)
      if (texts.length === 1) socket.send(first)
      if (texts.length === closeAfter) socket.close(1000)
    }
    socket.onclose = ({ code }) => resolve({ texts, code })
  })
const spoken = await talk("a", 2)
const shouted = await talk("x".repeat(maxMessageBytes + 1), 2)

const left = new WebSocket(`ws://127.0.0.1:${server.port}/live`)
await new Promise((resolve) => {
  left.onmessage = resolve
})
const leftClosed = new Promise<number>((resolve) => {
  left.onclose = ({ code }) => resolve(code)
})
const held = ask("/held")
await taken.promise
const stopping = server.stop()
release.resolve()
const answered = await held
await stopping

const result = {
  event: { status: event.status, body: await event.text() },
  pixel: { status: pixel.status, type: pixel.headers.get("content-type") },
  tooLong: tooLong.status,
  posted: posted.status,
  batch: await batch.json(),
  codings,
  tooLarge: tooLarge.status,
  endless,
  lines,
  inUse: inUse instanceof Failure && inUse.message.startsWith(`Port ${server.port} is already in use`),
  socket: spoken.texts,
  socketTooLarge: shouted.code,
  socketWhileStopping: await leftClosed,
  answeredWhileStopping: answered.status,
  refusedWhenStopped: await ask("/").then(
    () => false,
    () => true
  )
}
process.stdout.write(JSON.stringify(result))
