/** The gateway's guards and privacy with a user's settings: processes, real sockets, one Redis. */
import { afterAll, describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { ConfigProvider, Effect, Exit } from "effect"
import { Redis } from "ioredis"
import { makeProtection } from "../../../actors/gateway/guard-layer.ts"
import { processExitOf } from "../../../actors/runtime/exit-code.ts"
import { makeCertificate } from "../../support/certificate.ts"
import { eventually } from "../../support/eventually.ts"
import { startRedis } from "../../support/redis.ts"
import { needsProgram } from "../../support/server.ts"
import { type Environment, launch, ownSettings, type Spoor, startSpoor } from "../../support/spoor.ts"

/** The exit code and message of a start with these settings, without a process. */
const problemOf = async (settings: Environment) => {
  const exit = await Effect.runPromiseExit(
    Effect.scoped(makeProtection).pipe(
      Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(settings)))
    )
  )
  if (Exit.isSuccess(exit)) throw new Error(`${JSON.stringify(settings)} is taken`)
  return processExitOf(exit.cause)
}

test("an invalid setting ends the process with exit code 78", async () => {
  const { output, ended } = launch(
    ["gateway"],
    ownSettings({ LOG_LEVEL: "Error", ADDRESS_HEADERS: "X Forwarded" })
  )
  expect(await ended).toBe(78)
  expect(output().trim()).toBe(
    "spoor: ADDRESS_HEADERS: it must be header names, separated by commas, like X-Forwarded-For or Forwarded."
  )
})

test("invalid settings are reported in one sentence without secrets", async () => {
  const cases: ReadonlyArray<readonly [Environment, string]> = [
    [{ CORS_CREDENTIALS: "true" }, "CORS_CREDENTIALS requires a list of origins in CORS_ORIGINS"],
    [{ CORS_ORIGINS: "shop.example" }, '"shop.example" is not an origin'],
    [{ WRITE_KEYS: "secretkey=shop" }, 'the topic "shop", which is not in KAFKA_TOPICS'],
    [{ WRITE_KEYS: "secret" }, "Key 1 of WRITE_KEYS must have 8 to 200"],
    [{ RATE_LIMIT_PER_ADDRESS: "many" }, "RATE_LIMIT_PER_ADDRESS"],
    [{ RATE_LIMIT_PER_KEY: "5/s" }, "RATE_LIMIT_PER_KEY requires WRITE_KEYS"],
    [{ GATEWAY_MAX_PER_ADDRESS: "0" }, "GATEWAY_MAX_PER_ADDRESS"],
    [{ PRIVACY_SIGNALS: "forget" }, '"forget" is not a policy'],
    [{ PRIVACY_SIGNALS: "clicks=drop" }, 'PRIVACY_SIGNALS has the topic "clicks"'],
    [{ ADDRESS_MASK: "24" }, "ADDRESS_MASK"],
    [{ ANONYMOUS_HEADER: "a b" }, "ANONYMOUS_HEADER"],
    [{ VISITOR_ID: "weekly" }, "VISITOR_ID"],
    [{ TLS_CERT: "/nowhere.pem" }, "TLS requires both TLS_CERT and TLS_KEY"],
    [{ TLS_CERT: "/nowhere.pem", TLS_KEY: "/nowhere.pem" }, "TLS_CERT: the file /nowhere.pem cannot be read."]
  ]
  for (const [settings, sentence] of cases) {
    const { code, sentence: actual } = await problemOf(settings)
    expect(actual).toContain(sentence)
    expect(actual.split("\n")).toHaveLength(1)
    expect(actual).not.toContain("secret")
    expect(code).toBe(78)
  }
})

const hasOpenssl = needsProgram("openssl", "Install openssl.", ["version"])
const server = await startRedis()
afterAll(() => server?.stop())

describe.skipIf(server === undefined || !hasOpenssl)("two gateways on one Redis", () => {
  const { cert, key } = hasOpenssl ? makeCertificate() : { cert: "", key: "" }
  const settings: Environment = {
    REDIS_URL: server?.url ?? "",
    KAFKA_TOPICS: "shop",
    WRITE_KEYS: "secretkey,shopsecret=shop",
    RATE_LIMIT_PER_KEY: "10/h burst 10",
    RATE_LIMIT_SHARED: "true",
    VISITOR_ID: "daily",
    ANONYMOUS_HEADER: "X-Anonymous",
    PRIVACY_SIGNALS: "drop",
    CORS_ORIGINS: "https://shop.example",
    TLS_CERT: cert,
    TLS_KEY: key
  }

  const ask = (spoor: Spoor, target: string, init: RequestInit = {}): Promise<Response> =>
    fetch(new URL(target, spoor.address("send events")), { ...init, tls: { ca: readFileSync(cert, "utf8") } })

  test("share a key's limit, agree on visitor ids, and write no key", async () => {
    const [one, other] = await Promise.all([
      startSpoor(["gateway"], ownSettings(settings)),
      startSpoor(["gateway"], ownSettings(settings))
    ])
    const redis = new Redis(server?.url ?? "")
    expect(one.address("send events").protocol).toBe("https:")

    const shop = { headers: { "x-write-key": "shopsecret", origin: "https://shop.example", dnt: "0" } }
    const first = await ask(one, "/t/x?n=1", shop)
    expect(first.status).toBe(200)
    expect(first.headers.get("access-control-allow-origin")).toBe("https://shop.example")
    expect((await ask(other, "/w/shopsecret/t/x?n=2")).status).toBe(200)
    expect(
      (await ask(one, "/t/dropped", { headers: { "x-write-key": "shopsecret", dnt: "1" } })).status
    ).toBe(200)
    const events = Array.from({ length: 7 }, (_, n) => ({ event: "y", params: { n } }))
    const batch = {
      method: "POST",
      body: JSON.stringify(events),
      headers: { "content-type": "application/json" }
    }
    expect((await ask(one, "/w/secretkey/batch", batch)).status).toBe(200)

    const more = await eventually("the other gateway knows what the first one took", async () => {
      const answer = await ask(other, "/w/secretkey/batch", batch)
      return answer.status === 429 ? answer : undefined
    })
    expect(Number(more.headers.get("retry-after"))).toBeGreaterThan(360)

    const lines = await redis.lrange("click_queue", 0, -1)
    const visitors = lines
      .slice(0, 2)
      .map((line) => /^127\.0\.0\.1 \d{10} shop \/t\/x n=\d&visitor=([0-9a-f]{16})(&|\s)/.exec(line)?.[1])
    expect(visitors[0]).toBeDefined()
    expect(visitors[1]).toBe(visitors[0])
    expect(lines.filter((line) => /secret|dropped/.test(line))).toEqual([])

    const figures = await (await fetch(new URL("/metrics", one.address("health")))).text()
    expect(figures).toContain('spoor_gateway_privacy_total{outcome="dropped",reason="dnt"} 1')
    redis.disconnect()
    await Promise.all([one.end(), other.end()])
  })
})
