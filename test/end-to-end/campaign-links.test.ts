/** A campaign link, created by the API and clicked on different devices, up to the record in the log, on Bun and on Deno. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { connect as connectSocket } from "node:net"
import { Effect } from "effect"
import { makeSqlite } from "../../bridge/event-log/sqlite/log.ts"
import { connect } from "../../bridge/redis/connection.ts"
import type { ByteString } from "../../contracts/event.ts"
import { Topic } from "../../contracts/ids.ts"
import { parseParams } from "../../contracts/wire/params.ts"
import { type ParsedRecord, parseRecord } from "../../contracts/wire/record.ts"
import { iphone, mac, pixel } from "../gateway/links/gateway.ts"
import { denoProgram } from "../support/deno.ts"
import { eventually } from "../support/eventually.ts"
import { hasRedisProgram, type OwnRedis, secretUrl, startRedis } from "../support/redis.ts"
import { ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"

const token = "correct-horse-battery"

const link = {
  id: "summer",
  urls: { ios: "https://apps.apple.com/app/id1", android: "market://details?id=com.example" },
  default: "https://example.com/app",
  campaign: "summer",
  click_lookback: 7
}

const manage = (spoor: Spoor, method: string, path: string, body?: object): Promise<Response> =>
  fetch(new URL(`/api/v1/links${path}`, spoor.address("send events")), {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })

const click = (spoor: Spoor, target: string, userAgent: string, method = "GET"): Promise<Response> =>
  fetch(new URL(target, spoor.address("send events")), {
    method,
    redirect: "manual",
    headers: { "user-agent": userAgent, "x-forwarded-for": "8.8.8.8" }
  })

/** The records of the topic clicks in the log in this folder. */
const clicksIn = (directory: string): Promise<ReadonlyArray<ParsedRecord>> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const log = yield* makeSqlite(directory)
        const found: Array<ParsedRecord> = []
        yield* log.scan({ topics: [Topic.make("clicks")], since: 0 }, ({ records }) => {
          for (const { value } of records) {
            const record = parseRecord(Buffer.from(value).toString("latin1") as ByteString)
            if (record !== undefined) found.push(record)
          }
          return false
        })
        return found
      })
    )
  )

/** The server's response to these bytes. */
const answerTo = (spoor: Spoor, request: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = spoor.address("send events")
    const socket = connectSocket(Number(port), hostname, () => socket.write(request))
    let answer = ""
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1")
    })
    socket.once("error", reject)
    socket.once("close", () => resolve(answer))
  })

const runtimes = ["bun", ...(denoProgram() === undefined ? [] : (["deno"] as const))] as const

for (const runtime of runtimes) {
  describe(`embedded on ${runtime}`, () => {
    const settings = ownSettings({ LINKS_TOKEN: token, KAFKA_TOPICS: "clicks" })
    let spoor: Spoor
    beforeAll(async () => {
      spoor = await startSpoor(["--all"], settings, runtime)
    })
    afterAll(() => spoor.end("SIGKILL"))

    test("each device is redirected to its platform's URL, and its click is a record", async () => {
      expect((await manage(spoor, "POST", "", link)).status).toBe(201)
      const places: Array<string | null> = []
      for (const [userAgent, method] of [
        [iphone, "GET"],
        [pixel, "GET"],
        [mac, "HEAD"]
      ] as const) {
        const answer = await click(spoor, "/click/summer/go?sub=1&campaign=forged", userAgent, method)
        expect(answer.status).toBe(307)
        places.push(answer.headers.get("location"))
      }
      expect(places).toEqual([link.urls.ios, link.urls.android, link.default])

      const records = await eventually("the clicks are in the log", async () => {
        const found = await clicksIn(settings.DATA_DIR ?? "")
        return found.length >= 3 && found
      })
      expect(records).toHaveLength(3)
      for (const { event, meta, params } of records) {
        const platform = new Map(meta).get("platform") ?? ""
        const target = { ios: link.urls.ios, android: link.urls.android, mac: link.default }[platform]
        expect(event).toBe("/click/summer/go" as ByteString)
        expect(new Map(meta).get("country")).toBe("US")
        const lookupKey = new Bun.CryptoHasher("md5").update(`8.8.8.8.${platform}`).digest("hex")
        expect(parseParams(params)).toEqual([
          ["campaign", "summer"],
          ["click_lookback", "604800"],
          ["redirect_url", target ?? "?"],
          ["sub", "1"],
          ["click.campaign", "forged"],
          ["lookup_key", lookupKey]
        ])
      }
    })

    test("no bytes of a request change the target of the redirect", async () => {
      const lines = [
        "GET /click/summer/go?redirect_url=//evil.example HTTP/1.1\r\nHost: evil.example",
        "GET http://evil.example/click/summer/go HTTP/1.1\r\nHost: evil.example",
        "GET /click/summer/go?x=%0d%0aLocation:%20https://evil.example HTTP/1.1\r\nHost: a",
        "GET /click/summer/go HTTP/1.1\r\nHost: a\r\nX-Forwarded-Host: evil.example",
        "GET /click/summer/go?\\\\evil.example HTTP/1.1\r\nHost: a",
        "GET //evil.example/click/summer/go HTTP/1.1\r\nHost: a",
        "GET /click/summer/go/..//evil.example HTTP/1.1\r\nHost: a",
        "GET /click/https:%2f%2fevil.example/go HTTP/1.1\r\nHost: a",
        "GET /click/summer%0d%0aLocation:x/go HTTP/1.1\r\nHost: a",
        "GET /click//evil.example/go HTTP/1.1\r\nHost: a"
      ]
      for (const [place, line] of lines.entries()) {
        const answer = await answerTo(spoor, `${line}\r\nConnection: close\r\n\r\n`)
        const head = answer.slice(0, answer.indexOf("\r\n\r\n"))
        const locations = [...head.matchAll(/^location: *(.*)$/gim)].map((found) => found[1]?.trim())
        expect([line, locations]).toEqual([line, place < 5 ? [link.default] : []])
        expect(head).toMatch(/^HTTP\/1\.1 \d{3}/)
      }
    })

    test("a removed link is not found", async () => {
      expect((await manage(spoor, "DELETE", "/summer")).status).toBe(204)
      expect((await click(spoor, "/click/summer/go", iphone)).status).toBe(404)
    })
  })
}

test("a token that is too short ends the start with one sentence, which does not contain the token", async () => {
  const failure = await startSpoor(["gateway"], ownSettings({ LINKS_TOKEN: "short-secret" })).catch(
    (cause) => cause
  )
  expect(String(failure)).toMatch(/exited with 78[\s\S]*LINKS_TOKEN/)
  expect(String(failure)).not.toContain("short-secret")
})

describe.skipIf(!hasRedisProgram())("two gateways on one Redis", () => {
  let redis: OwnRedis | undefined
  let gateways: ReadonlyArray<Spoor> = []
  beforeAll(async () => {
    redis = await startRedis()
    const settings = () =>
      ownSettings({ REDIS_URL: redis?.url ?? "", LINKS_TOKEN: token, QUEUE_KEY: "clicked" })
    gateways = await Promise.all([startSpoor(["gateway"], settings()), startSpoor(["gateway"], settings())])
  })
  afterAll(async () => {
    await Promise.all(gateways.map((gateway) => gateway.end("SIGKILL")))
    await redis?.stop()
  })

  test("share their links, which are stored beside the queue, and refuse a click that is not stored", async () => {
    const [one, two] = gateways
    if (one === undefined || two === undefined) throw new Error("Two gateways must run.")
    expect((await manage(one, "POST", "", link)).status).toBe(201)
    expect((await click(two, "/click/summer/go", iphone)).headers.get("location")).toBe(link.urls.ios)
    const ask = (...command: readonly [string, ...Array<string>]) =>
      Effect.runPromise(
        Effect.scoped(
          Effect.flatMap(connect(secretUrl(redis?.url ?? "")), (server) => server.command(...command))
        )
      )
    expect(await ask("HEXISTS", "{clicked}:links", "summer")).toBe(1)
    expect(await ask("LLEN", "clicked")).toBe(1)

    redis?.pause()
    const answer = await click(two, "/click/summer/go", iphone)
    expect(answer.status).toBe(503)
    expect(answer.headers.get("retry-after")).toBe("1")
    expect((await manage(one, "GET", "/summer")).status).toBe(503)
    redis?.resume()
    await eventually(
      "clicks are accepted again",
      async () => (await click(two, "/click/summer/go", iphone)).status === 307
    )
  }, 30_000)
})
