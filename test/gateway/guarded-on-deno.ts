/** Run by guarded-on-deno.test.ts under Deno: a gateway with every guard, over TLS; prints the results as JSON. */
import { createHash, X509Certificate } from "node:crypto"
import { copyFileSync, readFileSync } from "node:fs"
import { connect } from "node:tls"
import { limitInFlight } from "../../gateway/guard/concurrency-limit.ts"
import { corsOf } from "../../gateway/http/cors.ts"
import { serve } from "../../gateway/http/serve.ts"
import { readTls, tlsRenewals } from "../../gateway/http/tls.ts"
import { policies } from "../../gateway/privacy/signals.ts"
import { addVisitor } from "../../gateway/privacy/visitor-id.ts"
import { guardedGateway } from "./guarded-gateway.ts"

const [cert = "", key = "", otherCert = "", otherKey = ""] = process.argv.slice(2)
const { app, lines, counted } = guardedGateway({
  keys: "abcdefgh=shop,12345678",
  perAddress: "12/h burst 12",
  privacy: {
    policy: policies("keep,shop=drop", "events"),
    mask: { ipv4: 24, ipv6: 48 },
    anonymousHeaders: ["X-Anonymous"],
    visitor: addVisitor(() => "salt")
  },
  more: {
    cors: corsOf({ corsOrigins: "https://shop.example", corsCredentials: true }),
    middleware: limitInFlight(4, () => {}),
    settings: { trustedProxies: "127.0.0.0/8, 2001:db8::/33", podName: undefined }
  }
})
const tls = readTls(cert, key)
if (tls === undefined) throw new Error("no TLS")
const renewed = Promise.withResolvers<void>()
const say = (problem: string | undefined): void => void (problem === undefined && renewed.resolve())
const server = await serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: app.fetch,
  tls: { ...tls, renewals: tlsRenewals(cert, key, tls, say, 20).renewals },
  connectionGuard: { maxConnections: 10, requestTimeoutMs: 5_000, countRefused: () => {} }
})

/** The fingerprint of the certificate of a new connection. */
const shown = (): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ port: server.port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
      const { raw } = socket.getPeerCertificate()
      resolve(createHash("sha256").update(raw).digest("hex"))
      socket.destroy()
    })
  })
const ofFile = (path: string): string =>
  createHash("sha256")
    .update(new X509Certificate(readFileSync(path)).raw)
    .digest("hex")

const ask = async (target: string, init: RequestInit = {}) => {
  const answer = await fetch(`https://localhost:${server.port}${target}`, {
    ...init,
    headers: { "user-agent": "ua", origin: "https://shop.example", ...init.headers }
  })
  await answer.body?.cancel()
  return answer
}

const statuses: Array<number> = []
const send = async (target: string, init: RequestInit = {}) =>
  void statuses.push((await ask(target, init)).status)
await send("/t/x?a=1")
await send("/w/12345678/t/x?a=1", { headers: { "x-forwarded-for": "6.6.6.6, 8.8.8.8, 2001:db8:7fff::1" } })
await send("/t/x?a=2", { headers: { authorization: `Basic ${btoa("12345678:")}`, "x-anonymous": "1" } })
await send("/t/x?a=3&write_key=abcdefgh", { headers: { dnt: "1" } })
await send("/t/x?a=4&write_key=abcdefgh")
const question = { method: "OPTIONS", headers: { "access-control-request-method": "POST" } }
const preflight = await ask("/batch", question)
let last = await ask("/t/x?write_key=12345678")
for (let n = 0; n < 12 && last.status !== 429; n++) last = await ask("/t/x?write_key=12345678")

let mismatch = ""
try {
  readTls(cert, otherKey)
} catch (cause) {
  mismatch = cause instanceof Error ? cause.message : String(cause)
}
const first = (await shown()) === ofFile(cert)
copyFileSync(otherKey, key)
copyFileSync(otherCert, cert)
await renewed.promise
const second = (await shown()) === ofFile(otherCert)
await server.stop()
process.stdout.write(
  JSON.stringify({
    statuses,
    lines: lines.slice(0, 3),
    counted: counted.slice(0, 3),
    preflight: [preflight.status, preflight.headers.get("access-control-allow-credentials")],
    limited: [last.status, Number(last.headers.get("retry-after")) > 0],
    readable: last.headers.get("access-control-allow-origin"),
    certificates: [first, second],
    mismatch: mismatch.includes("does not match the certificate")
  })
)
