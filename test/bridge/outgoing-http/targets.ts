/**
 * Two targets on two addresses of this machine, of which calls may reach the first only, and a DNS that changes its answer
 * between the check and the connection. A program, so that Bun and Deno run it: it prints what happened as JSON.
 */
import { readFileSync } from "node:fs"
import { createServer } from "node:http"
import { createServer as createSecureServer } from "node:https"
import type { AddressInfo } from "node:net"
import process from "node:process"
import { gzipSync } from "node:zlib"
import { Effect, Result } from "effect"
import { readAllowList } from "../../../bridge/outgoing-http/address-guard.ts"
import { makeOutgoingHttp, type OutgoingRequest } from "../../../bridge/outgoing-http/outgoing-http.ts"

const [cert = "", key = ""] = process.argv.slice(2)
const seen = { allowed: 0, refused: 0, connections: 0 }

type Answer = NonNullable<Parameters<typeof createServer>[1]>
const used = new WeakSet<object>()
const allowed: Answer = (request, response) => {
  seen.allowed += 1
  const isUsed = used.has(request.socket)
  used.add(request.socket)
  if (request.url === "/stale" && isUsed) return void request.socket.destroy()
  const { url = "", headers, method } = request
  if (url === "/hang") return
  if (url === "/drip") {
    response.writeHead(200)
    response.write("a")
    return
  }
  if (url === "/big") return void response.end("x".repeat(200_000))
  if (url === "/gzip" || url === "/bomb")
    return void response
      .writeHead(200, { "content-encoding": "gzip" })
      .end(gzipSync(url === "/gzip" ? "unzipped" : Buffer.alloc(20_000_000)))
  if (url === "/empty" || url === "/not-gzip")
    return void response.writeHead(200, { "content-encoding": "gzip" }).end(url === "/empty" ? "" : "plain")
  if (url === "/half-gzip") {
    response.writeHead(200, { "content-encoding": "gzip", "content-length": "5000" })
    response.write(gzipSync("x".repeat(100)), () => setTimeout(() => request.socket.destroy(), 50))
    return
  }
  if (url === "/close") return void request.socket.destroy()
  if (url.startsWith("/to?"))
    return void response.writeHead(307, { location: decodeURIComponent(url.slice(4)) }).end()
  if (url === "/loop") return void response.writeHead(302, { location: "/loop" }).end()
  if (url === "/see") return void response.writeHead(303, { location: "/" }).end()
  let body = ""
  request.on("data", (chunk) => {
    body += chunk
  })
  request.on("end", () => response.end(JSON.stringify({ method, host: headers.host, body })))
}

const listen = (server: ReturnType<typeof createServer>, host: string, port = 0): Promise<number> =>
  new Promise((resolve) => server.listen(port, host, () => resolve((server.address() as AddressInfo).port)))

const plain = createServer(allowed)
plain.on("connection", () => {
  seen.connections += 1
})
const port = await listen(plain, "127.0.0.1")
const forbidden = createServer((_, response) => {
  seen.refused += 1
  response.end("secret")
})
await listen(forbidden, "127.0.0.2", port)
const secure = createSecureServer({ cert: readFileSync(cert), key: readFileSync(key) }, allowed)
const securePort = await listen(secure, "127.0.0.1")

/** The first answer of DNS for each name is the allowed address, every later one the refused. */
const asked: Array<string> = []
const lookup = async (name: string) => {
  const isFirst = !name.startsWith("rebinds") || !asked.includes(name)
  asked.push(name)
  return [{ address: isFirst ? "127.0.0.1" : "127.0.0.2" }]
}

const result = await Effect.runPromise(
  Effect.scoped(
    Effect.gen(function* () {
      const http = yield* makeOutgoingHttp({
        allow: readAllowList("127.0.0.1"),
        lookup,
        ca: readFileSync(cert, "utf8")
      })
      const send = (url: string, more: Partial<OutgoingRequest> = {}) =>
        http.send({ method: "GET", url, headers: [], body: undefined, timeoutMs: 5_000, ...more }).pipe(
          Effect.result,
          Effect.map((outcome) =>
            Result.match(outcome, {
              onSuccess: ({ status, body, isCut }) => ({ status, body, isCut }),
              onFailure: ({ reason, wasSent }) => ({ reason, wasSent })
            })
          )
        )
      const at = (name: string) => `http://${name}:${port}`
      const first = yield* send(`${at("rebinds.invalid")}/`)
      const afterFirst = { ...seen, asked: asked.length }
      const second = yield* send(`${at("rebinds.invalid")}/`)
      // The answer of DNS changes between a call and its redirect.
      const redirected = yield* send(`${at("rebinds-later.invalid")}/to?%2F`)
      const connectionsBefore = seen.connections
      for (let i = 0; i < 5; i += 1) yield* send(`${at("kept.invalid")}/`)
      const kept = seen.connections - connectionsBefore
      const big = yield* send(`${at("a.invalid")}/big`)
      const bomb = yield* send(`${at("a.invalid")}/bomb`)
      return {
        first,
        afterFirst,
        second,
        redirected,
        kept,
        big: { ...big, body: "body" in big ? big.body.length : undefined },
        bomb: { ...bomb, body: "body" in bomb ? bomb.body.length : undefined },
        gzip: yield* send(`${at("a.invalid")}/gzip`),
        empty: yield* send(`${at("a.invalid")}/empty`, { method: "POST", body: "x" }),
        head: yield* send(`${at("a.invalid")}/gzip`, { method: "HEAD" }),
        notGzip: yield* send(`${at("a.invalid")}/not-gzip`),
        halfGzip: yield* send(`${at("a.invalid")}/half-gzip`, { timeoutMs: 3_000 }),
        post: yield* send(`${at("a.invalid")}/to?%2Fx`, { method: "POST", body: "grüße" }),
        see: yield* send(`${at("a.invalid")}/see`, { method: "POST", body: "x" }),
        loop: yield* send(`${at("a.invalid")}/loop`),
        other: yield* send(`${at("a.invalid")}/to?${encodeURIComponent("http://b.invalid/")}`),
        inward: yield* send(`${at("a.invalid")}/to?${encodeURIComponent(`http://127.0.0.2:${port}/`)}`),
        taken: yield* send(`${at("a.invalid")}/to?${encodeURIComponent("http://b.invalid/")}`, {
          takesRedirect: (status) => status >= 300 && status < 400
        }),
        upgrade: yield* send(
          `${at("localhost")}/to?${encodeURIComponent(`https://localhost:${securePort}/`)}`
        ),
        secure: yield* send(`https://localhost:${securePort}/`),
        wrongName: yield* send(`https://other.invalid:${securePort}/`),
        hang: yield* send(`${at("a.invalid")}/hang`, { timeoutMs: 200 }),
        drip: yield* send(`${at("a.invalid")}/drip`, { timeoutMs: 200 }),
        before: yield* send(`${at("stale.invalid")}/`),
        stale: yield* send(`${at("stale.invalid")}/stale`, { method: "POST", body: "again" }),
        close: yield* send(`${at("a.invalid")}/close`),
        closedPort: yield* send("http://a.invalid:1/"),
        injected: yield* send(`${at("a.invalid")}/`, { headers: [["x-a", "b\r\nHost: c"]] }),
        host: yield* send(`${at("a.invalid")}/`, { headers: [["Host", "c"]] }),
        seen
      }
    })
  )
)
process.stdout.write(`${JSON.stringify({ ...result, port, securePort })}\n`, () => process.exit(0))
