/** Run by guarded-on-deno.test.ts under Deno: a gateway with everything on, over TLS; prints what happened as JSON. */
import { corsOf } from "../../gateway/cors.ts"
import { limitUnderWay } from "../../gateway/guard/under-way.ts"
import { policies } from "../../gateway/privacy/signals.ts"
import { addVisitor } from "../../gateway/privacy/visitor.ts"
import { serve } from "../../gateway/serve.ts"
import { readTls } from "../../gateway/tls.ts"
import { guardedGateway } from "./guarded-gateway.ts"

const [cert = "", key = "", otherKey = ""] = process.argv.slice(2)
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
    around: limitUnderWay(4, () => {}),
    settings: { trustedProxies: "127.0.0.0/8, 2001:db8::/33", podName: undefined }
  }
})
const tls = readTls(cert, key)
const server = await serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: app.fetch,
  ...(tls === undefined ? {} : { tls })
})

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
await server.stop()
process.stdout.write(
  JSON.stringify({
    statuses,
    lines: lines.slice(0, 3),
    counted: counted.slice(0, 3),
    preflight: [preflight.status, preflight.headers.get("access-control-allow-credentials")],
    limited: [last.status, Number(last.headers.get("retry-after")) > 0],
    readable: last.headers.get("access-control-allow-origin"),
    mismatch: mismatch.includes("does not belong to the certificate")
  })
)
