import { describe, expect, test } from "bun:test"
import { networkOf } from "../../../gateway/http/network-prefix.ts"
import { guardedGateway } from "../guarded-gateway.ts"

const status = async (answer: Promise<Response>): Promise<number> => (await answer).status

describe("an address", () => {
  test("over its limit gets Retry-After, and is accepted after it", async () => {
    const { ask, lines, counted, clock } = guardedGateway({ perAddress: "6/m burst 2" })
    expect(await status(ask("/t/x"))).toBe(200)
    expect(await status(ask("/t/x"))).toBe(200)
    const refused = await ask("/t/x")
    expect(refused.status).toBe(429)
    expect(refused.headers.get("retry-after")).toBe("10")
    expect(await refused.json()).toEqual({
      error: "too-many-requests",
      message: "This address exceeds its rate limit; repeat the request after Retry-After."
    })
    clock.now += 10_000
    expect(await status(ask("/t/x"))).toBe(200)
    expect(lines.length).toBe(3)
    expect(counted).toEqual(["rate-address"])
  })

  test("is not charged for others, nor for requests that are not events", async () => {
    const { ask } = guardedGateway({ perAddress: "1/h" })
    expect(await status(ask("/t/x", { address: "203.0.113.1" }))).toBe(200)
    expect(await status(ask("/t/x", { address: "203.0.113.2" }))).toBe(200)
    expect(await status(ask("/t/x", { address: "203.0.113.1" }))).toBe(429)
    expect(await status(ask("/health/live", { address: "203.0.113.1" }))).toBe(200)
    expect(await status(ask("/t/x", { address: "" }))).toBe(200)
    expect(await status(ask("/t/x", { address: "" }))).toBe(200)
  })

  test("is the client's behind a trusted proxy, never a forged one", async () => {
    const { ask } = guardedGateway({ perAddress: "1/h" })
    const through = (forwarded: string, address: string) =>
      status(ask("/t/x", { address, headers: { "x-forwarded-for": forwarded } }))
    expect(await through("198.51.100.1", "127.0.0.1")).toBe(200)
    expect(await through("198.51.100.2", "127.0.0.1")).toBe(200)
    expect(await through("6.6.6.6, 198.51.100.2", "127.0.0.1")).toBe(429)
    expect(await through("198.51.100.3", "203.0.113.9")).toBe(200)
    expect(await through("198.51.100.4", "203.0.113.9")).toBe(429)
  })

  test("of IPv6 counts as its /64", async () => {
    const { ask } = guardedGateway({ perAddress: "1/h" })
    expect(await status(ask("/t/x", { address: "2001:db8:0:1::1" }))).toBe(200)
    expect(await status(ask("/t/x", { address: "2001:DB8::1:ffff:2:3:4" }))).toBe(429)
    expect(await status(ask("/t/x", { address: "2001:db8:0:2::1" }))).toBe(200)
  })
})

describe("the events of a batch", () => {
  const batch = (events: number): RequestInit => ({
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(Array.from({ length: events }, (_, n) => ({ event: "x", params: { n } })))
  })

  test("are all charged, and none is stored above the limit", async () => {
    const { ask, lines, counted } = guardedGateway({
      perAddress: "10/h burst 10",
      keys: "12345678",
      perKey: "8/h burst 8"
    })
    expect(await status(ask("/w/12345678/batch", batch(6)))).toBe(200)
    const refused = await ask("/w/12345678/batch", batch(3))
    expect(refused.status).toBe(429)
    expect(refused.headers.get("retry-after")).toBe("450")
    expect(refused.headers.get("access-control-allow-origin")).toBe("*")
    expect(lines.length).toBe(6)
    expect(counted).toEqual(["rate-key"])
  })

  test("a request that is refused before its body is read closes its connection", async () => {
    const { ask } = guardedGateway({ perAddress: "1/h" })
    expect(await status(ask("/batch", batch(1)))).toBe(200)
    const refused = await ask("/batch", batch(1))
    expect([refused.status, refused.headers.get("connection")]).toEqual([429, "close"])
    expect((await ask("/t/x")).headers.get("connection")).toBeNull()
  })
})

test("a network is an IPv4 address or the first half of an IPv6 one", () => {
  expect(networkOf("1.2.3.4")).toBe("16909060")
  expect(networkOf("2001:db8::1")).toBe("2001:db8:0:0")
  expect(networkOf("")).toBe("")
  expect(networkOf("x")).toBe("")
})

describe("a write key", () => {
  test("has a limit of its own, for all addresses", async () => {
    const { ask, counted } = guardedGateway({ keys: "abcdefgh,12345678", perKey: "2/h burst 2" })
    const withKey = (key: string, address: string) =>
      status(ask("/t/x", { address, headers: { "x-write-key": key } }))
    expect(await withKey("abcdefgh", "203.0.113.1")).toBe(200)
    expect(await withKey("abcdefgh", "203.0.113.2")).toBe(200)
    expect(await withKey("abcdefgh", "203.0.113.3")).toBe(429)
    expect(await withKey("12345678", "203.0.113.3")).toBe(200)
    expect(counted).toEqual(["rate-key"])
  })

  test("cannot be guessed quickly", async () => {
    const { ask, counted } = guardedGateway({ keys: "abcdefgh", perAddress: "2/h burst 2" })
    const answers = []
    for (const key of ["aaaaaaaa", "bbbbbbbb", "abcdefgh"])
      answers.push(await status(ask("/t/x", { headers: { "x-write-key": key } })))
    expect(answers).toEqual([401, 401, 429])
    expect(counted).toEqual(["write-key", "write-key", "rate-address"])
  })
})
