/** Write keys, privacy, addresses and traces at the edge: the lines that reach the queue of the centre. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test"
import { denoProgram } from "../../support/deno.ts"
import { denoServer, type EdgeServer, workerdServer } from "../../support/edge-runtime.ts"
import { hasRedisProgram } from "../../support/redis.ts"
import { type Centre, makeCentre, secret } from "./centre.ts"

const kinds = [
  { name: "the Worker in workerd", make: workerdServer, isMissing: false },
  { name: "deno serve", make: denoServer, isMissing: denoProgram() === undefined }
]

const suite = (make: () => Promise<EdgeServer>): void => {
  let centre: Centre
  let server: EdgeServer
  let settings: Readonly<Record<string, string>>
  beforeAll(async () => {
    centre = await makeCentre()
    await centre.start()
    server = await make()
    settings = {
      EDGE_CENTRE: centre.url,
      EDGE_SECRET: secret,
      EDGE_ADDRESS_HEADER: "CF-Connecting-IP",
      TRUSTED_PROXIES: "198.51.100.0/24",
      WRITE_KEYS: "web-4f7c21aa,shop-90be11dd=shop",
      KAFKA_TOPICS: "shop",
      RATE_LIMIT_PER_KEY: "100/h burst 100",
      ADDRESS_MASK: "24/48",
      PRIVACY_SIGNALS: "keep,shop=drop",
      ANONYMOUS_HEADER: "X-Anonymous",
      VISITOR_ID: "daily",
      POD_NAME: "edge-1",
      TRACE_PARAM: "traceparent",
      CORS_ORIGINS: "https://shop.example"
    }
    await server.start(settings)
  }, 60_000)
  afterAll(async () => {
    await server.kill()
    await centre.remove()
  })
  beforeEach(() => centre.clear())

  const send = (target: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(`${server.url}${target}`, {
      headers: {
        "user-agent": "ua",
        "cf-connecting-ip": "203.0.113.9",
        "x-write-key": "web-4f7c21aa",
        ...headers
      }
    })
  /** The lines with their time replaced. */
  const lines = async (): Promise<ReadonlyArray<string>> =>
    (await centre.wholeLines()).map((line) => line.replace(/ \d{13} /, " <ms> ").replace(/ \d{10} /, " <s> "))

  test("a write key is required, gives the topic, and is in no line", async () => {
    expect((await send("/t/x", { "x-write-key": "" })).status).toBe(401)
    expect((await send("/t/x", { "x-write-key": "guessed-key" })).status).toBe(401)
    expect((await send("/w/shop-90be11dd/t/x?a=1", { "x-write-key": "" })).status).toBe(200)
    expect(await lines()).toEqual([
      expect.stringMatching(/^203\.0\.113\.0 <s> shop \/t\/x a=1&visitor=[0-9a-f]{16} ua$/)
    ])
  })

  test("an event keeps a part of its address, and gets the pod and a visitor id", async () => {
    await send("/t/x?a=1")
    expect(await lines()).toEqual([
      expect.stringMatching(/^203\.0\.113\.0 <ms> 127\.0\.0\.1 edge-1 \/t\/x a=1&visitor=[0-9a-f]{16} ua$/)
    ])
  })

  test("an anonymous client stays anonymous; DNT drops an event, which is then stored nowhere", async () => {
    await send("/t/x?a=2", { "x-anonymous": "1" })
    const dropped = await send("/t/x?a=3", { "x-write-key": "shop-90be11dd", dnt: "1" })
    expect([dropped.status, dropped.headers.get("spoor-stored")]).toEqual([200, null])
    expect(await lines()).toEqual(["0.0.0.0 <ms> 127.0.0.1 edge-1 /t/x a=2 ua"])
  })

  test("the address is that of the connection, or of a trusted proxy's header", async () => {
    const forwarded = { "x-forwarded-for": "192.0.2.7" }
    await send("/t/x", forwarded)
    await send("/t/x", { ...forwarded, "cf-connecting-ip": "198.51.100.4" })
    expect((await lines()).map((line) => line.split(" ")[0])).toEqual(["203.0.113.0", "192.0.2.0"])
  })

  test("the trace context of a request is a parameter of its events", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await send("/t/x?a=4", { traceparent })
    expect((await lines())[0]).toContain(`&traceparent=${traceparent} `)
  })

  test("pages of other origins may send and not read", async () => {
    expect(
      (await send("/t/x", { origin: "https://other.example" })).headers.get("access-control-allow-origin")
    ).toBe(null)
    expect(
      (await send("/t/x", { origin: "https://shop.example" })).headers.get("access-control-allow-origin")
    ).toBe("https://shop.example")
  })

  test("a visitor has the same id after the edge was killed and started again", async () => {
    const visitor = async (): Promise<string | undefined> => {
      await centre.clear()
      await send("/t/x")
      return /visitor=(\w+)/.exec((await lines())[0] ?? "")?.[1]
    }
    const before = await visitor()
    expect(before).toMatch(/^[0-9a-f]{16}$/)
    await server.kill()
    await server.start(settings)
    expect(await visitor()).toBe(before)
  })

  test("a key over its rate limit is answered 429", async () => {
    let last = 200
    for (let n = 0; n < 110 && last === 200; n++)
      last = (await send("/t/x", { "x-write-key": "shop-90be11dd" })).status
    expect(last).toBe(429)
  })
}

for (const { name, make, isMissing } of kinds)
  describe.skipIf(!hasRedisProgram() || isMissing)(name, () => suite(make))
