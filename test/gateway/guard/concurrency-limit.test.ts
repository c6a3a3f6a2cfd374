import { expect, test } from "bun:test"
import { limitInFlight } from "../../../gateway/guard/concurrency-limit.ts"
import { guardedGateway } from "../guarded-gateway.ts"

test("the requests of an address in flight are limited, and accepted again when others are answered", async () => {
  const counted: Array<string> = []
  const held: Array<() => void> = []
  const { ask } = guardedGateway({
    more: {
      push: () => new Promise((resolve) => held.push(resolve)),
      middleware: limitInFlight(2, (reason) => void counted.push(reason))
    }
  })
  const first = [ask("/t/1"), ask("/t/2")]
  const refused = await ask("/t/3")
  expect(refused.status).toBe(429)
  expect(refused.headers.get("retry-after")).toBe("1")
  expect(refused.headers.get("access-control-allow-origin")).toBe("*")
  const other = ask("/t/4", { address: "203.0.113.10" })
  const health = await ask("/health/live")
  expect(health.status).toBe(200)
  for (const release of held.splice(0)) release()
  expect((await Promise.all([...first, other])).map(({ status }) => status)).toEqual([200, 200, 200])
  const last = ask("/t/5")
  for (const release of held.splice(0)) release()
  expect((await last).status).toBe(200)
  expect(counted).toEqual(["requests-address"])
})

test("a failed request is no longer in flight", async () => {
  const { ask } = guardedGateway({
    more: { push: () => Promise.reject(new Error("x")), middleware: limitInFlight(1, () => {}) }
  })
  for (let n = 0; n < 3; n++) expect((await ask("/t/x")).status).toBe(503)
})
