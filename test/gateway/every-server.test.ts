/**
 * Every successful response of each format and every error, once over a real socket of each server of the gateway: the
 * actor on Bun and on Deno, the Worker in workerd, and `deno serve`; and the resulting lines in the queue. One table of
 * requests; what a server answers differently is listed by name, with its reason.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { Redis } from "ioredis"
import { denoProgram } from "../support/deno.ts"
import { denoServer, type EdgeServer, workerdServer } from "../support/edge-runtime.ts"
import { hasRedisProgram, type OwnRedis, startRedis } from "../support/redis.ts"
import { ownSettings, startSpoor } from "../support/spoor.ts"
import { auth, cases, json, token } from "./http-cases.ts"
import { ask } from "./raw-request.ts"

interface Running {
  readonly port: number
  readonly end: () => Promise<unknown>
}

interface Difference {
  readonly status: number
  readonly reason: string
}

interface Kind {
  readonly start: (redisUrl: string) => Promise<Running>
  /** The value of `Spoor-Stored` on answers to stored events. */
  readonly stored: string | undefined
  /** By the name of the case. */
  readonly differences: Readonly<Record<string, Difference>>
  /** The status for 100 kB of headers, a limit of the server and not of the gateway. workerd has none: its platform has. */
  readonly longHeaders: 200 | 400 | 431
}

const limits = {
  LINKS_TOKEN: token,
  GATEWAY_BODY_TIMEOUT: "300 millis",
  GATEWAY_MAX_BODY: "20000",
  RATE_LIMIT_PER_ADDRESS: "1/h burst 300"
}

/** The gateway actor. */
const actor =
  (runtime: "bun" | "deno") =>
  async (redisUrl: string): Promise<Running> => {
    const spoor = await startSpoor(["gateway"], ownSettings({ ...limits, REDIS_URL: redisUrl }), runtime)
    return { port: Number(spoor.address("send events").port), end: () => spoor.end("SIGKILL") }
  }

const secret = "a-secret-of-the-edge-0123456789"

/** A gateway at the edge, and one in the centre that takes its lines. */
const edge =
  (make: () => Promise<EdgeServer>) =>
  async (redisUrl: string): Promise<Running> => {
    const settings = ownSettings({ REDIS_URL: redisUrl, EDGE_SECRET: secret, LINKS_TOKEN: token })
    const centre = await startSpoor(["gateway"], settings)
    const server = await make()
    await server.start({ ...limits, EDGE_CENTRE: centre.address("send events").origin, EDGE_SECRET: secret })
    return {
      port: server.port,
      end: async () => {
        await server.kill()
        await centre.end("SIGKILL")
      }
    }
  }

const kinds: Readonly<Record<string, Kind>> = {
  "the actor on Bun": { start: actor("bun"), stored: undefined, longHeaders: 431, differences: {} },
  "the actor on Deno": { start: actor("deno"), stored: undefined, longHeaders: 400, differences: {} },
  "the Worker in workerd": {
    start: edge(workerdServer),
    stored: "centre",
    longHeaders: 200,
    differences: {}
  },
  "deno serve": { start: edge(denoServer), stored: "centre", longHeaders: 400, differences: {} }
}

const suite = ({ start, stored, differences, longHeaders }: Kind): void => {
  let redisServer: OwnRedis | undefined
  let running: Running | undefined
  let redis: Redis
  const port = (): number => running?.port ?? 0
  beforeAll(async () => {
    redisServer = await startRedis()
    const url = redisServer?.url ?? ""
    running = await start(url)
    redis = new Redis(url)
  }, 60_000)
  afterAll(async () => {
    redis.disconnect()
    await running?.end()
    await redisServer?.stop()
  })

  /** Takes the lines from the queue, and returns their paths and queries. */
  const lines = async (): Promise<ReadonlyArray<string>> =>
    ((await redis.lpop("click_queue", 1_000)) ?? []).map((line) => line.split(" ").slice(4, 6).join(" "))

  test.each(cases.map((one) => [`${one.status} ${one.name}`, one] as const))("%s", async (_, one) => {
    const status = differences[one.name]?.status ?? one.status
    const answer = await ask(port(), one)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    const body = answer.slice(answer.indexOf("\r\n\r\n") + 4)
    if (one.says === "") expect(body).toBe("")
    else if (status === one.status) expect(body).toContain(one.says ?? "")
    if ([408, 429, 503].includes(status)) expect(answer).toMatch(/\r\nretry-after: \d+\r\n/i)
    expect(await lines()).toEqual([...(one.lines ?? [])])
    const header = /\r\nspoor-stored: (\w+)\r\n/i.exec(answer)?.[1]
    expect(header).toBe(one.lines === undefined ? undefined : stored)
  })

  test("307 a campaign link", async () => {
    const link = { id: "spring", default: "https://shop.example/" }
    const headers = { ...auth, ...json }
    const made = await ask(port(), {
      name: "",
      method: "POST",
      target: "/api/v1/links",
      headers,
      body: JSON.stringify(link),
      status: 201
    })
    expect(made).toMatch(/^HTTP\/1.1 20[01] /)
    const clicked = await ask(port(), { name: "", target: "/click/spring/go?a=1", status: 307 })
    expect(clicked).toMatch(/^HTTP\/1.1 307 [\s\S]*\r\nlocation: https:\/\/shop.example\/\r\n/i)
    expect(await redis.lpop("click_queue", 10)).toHaveLength(1)
  })

  test("307 many clicks on one link at once", async () => {
    const one = { name: "", target: "/click/spring/go?a=2", status: 307 }
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask(port(), one)))
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1.1 307 /)
    expect(await redis.lpop("click_queue", 100)).toHaveLength(40)
  })

  test(`${longHeaders} headers that are too long`, async () => {
    const headers = { x: "x".repeat(100_000) }
    const answer = await ask(port(), { name: "", target: "/t/x", headers, status: longHeaders })
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${longHeaders} `))
    expect(await lines()).toEqual(longHeaders === 200 ? ["/t/x e"] : [])
  })

  test("503 while Redis is away", async () => {
    await redisServer?.stop()
    const answer = await ask(port(), { name: "", target: "/t/x", status: 503 })
    expect(answer).toMatch(/^HTTP\/1.1 503 [\s\S]*\r\nretry-after: 1\r\n[\s\S]*"error":"(unavailable|busy)"/i)
  })
}

const needsDeno = new Set(["the actor on Deno", "deno serve"])

for (const [name, kind] of Object.entries(kinds)) {
  const isMissing = !hasRedisProgram() || (needsDeno.has(name) && denoProgram() === undefined)
  describe.skipIf(isMissing)(name, () => suite(kind))
}

test("each difference is of a case of the table, and has a reason", () => {
  const names = new Set(cases.map(({ name }) => name))
  for (const { differences } of Object.values(kinds))
    for (const [name, { reason }] of Object.entries(differences)) {
      expect(names.has(name)).toBe(true)
      expect(reason).not.toBe("")
    }
})
