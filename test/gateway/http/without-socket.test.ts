/** Every successful response of each format and every error, from the app itself: the cases that every-server.test.ts sends over sockets. */
import { expect, test } from "bun:test"
import { standardFormatLimits } from "../../../gateway/formats/limits.ts"
import { guardsOf } from "../../../gateway/guard/chain.ts"
import { rateLimits } from "../../../gateway/guard/rate-limits.ts"
import { arrivedAt } from "../gateway-for-tests.ts"
import { type Case, cases, token } from "../http-cases.ts"
import { linkGateway } from "../links/gateway.ts"

const limits = rateLimits({
  perAddress: { intervalMs: 3_600_000, burst: 300 },
  perKey: undefined,
  isShared: false,
  countRefused: () => {},
  now: () => arrivedAt
})
const { app, taken, lines } = linkGateway({
  settings: { token },
  more: {
    bodyLimits: { ...standardFormatLimits, sentBytes: 20_000, timeoutMs: 50 },
    ...guardsOf(limits, undefined, () => {})
  }
})

/** A body shorter than its Content-Length never ends. */
const bodyOf = ({ body, headers }: Case): RequestInit["body"] => {
  if (body === undefined) return null
  if (headers?.["content-length"] === undefined) return body
  return new ReadableStream<Uint8Array>({ start: (to) => to.enqueue(Buffer.from(body)) })
}

test.each(cases.map((one) => [`${one.status} ${one.name}`, one] as const))("%s", async (_, one) => {
  const { method = "GET", target, headers = {}, status, says = "" } = one
  const before = lines.length
  const request = new Request(`http://h${target}`, {
    method,
    headers: { host: "h", ...headers },
    body: bodyOf(one) ?? null
  })
  const answer = await app.fetch(request, { address: "203.0.113.9" })
  expect(answer.status).toBe(status)
  const body = Buffer.from(await answer.arrayBuffer()).toString("latin1")
  if (method !== "HEAD") expect(body).toContain(says)
  expect(answer.headers.has("retry-after")).toBe([408, 429, 503].includes(status))
  expect(taken().slice(before)).toEqual([...(one.lines ?? [])])
})
