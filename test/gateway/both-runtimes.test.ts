/**
 * Every successful response of each format and every error, once over a real socket of a real gateway process,
 * on Bun and on Deno; and the resulting lines.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { connect } from "node:net"
import { Redis } from "ioredis"
import { denoProgram } from "../support/deno.ts"
import { hasRedisProgram, type OwnRedis, startRedis } from "../support/redis.ts"
import { ownSettings, type runtimes, type Spoor, startSpoor } from "../support/spoor.ts"
import { auth, type Case, cases, json, token } from "./http-cases.ts"

/** The whole response as text; bodies shorter than announced stay incomplete. */
const ask = (port: number, { method = "GET", target, headers = {}, body }: Case): Promise<string> =>
  new Promise((resolve) => {
    const sent = Buffer.from(body ?? "")
    const all = {
      host: "h",
      connection: "close",
      "user-agent": "ua",
      ...(body === undefined ? {} : { "content-length": String(sent.byteLength) }),
      ...headers
    }
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
    let received = ""
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(`${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`)
      socket.write(sent)
    })
    socket.on("data", (data) => {
      received += data.toString("latin1")
      // The error for a body that never ends: complete, whichever side closes the connection.
      if (/^HTTP\/1.1 408[\s\S]*\r\n\r\n.*\}/.test(received)) socket.destroy()
    })
    socket.on("error", () => {})
    socket.on("close", () => resolve(received))
  })

const suite = (runtime: keyof typeof runtimes): void => {
  let server: OwnRedis | undefined
  let spoor: Spoor
  let redis: Redis
  beforeAll(async () => {
    server = await startRedis()
    const settings = {
      REDIS_URL: server?.url ?? "",
      LINKS_TOKEN: token,
      GATEWAY_BODY_TIMEOUT: "300 millis",
      GATEWAY_MAX_BODY: "20000",
      RATE_LIMIT_PER_ADDRESS: "1/h burst 300"
    }
    spoor = await startSpoor(["gateway"], ownSettings(settings), runtime)
    redis = new Redis(server?.url ?? "")
  }, 60_000)
  afterAll(async () => {
    redis.disconnect()
    await spoor.end("SIGKILL")
    await server?.stop()
  })

  /** Takes the lines from the queue, and returns their paths and queries. */
  const lines = async (): Promise<ReadonlyArray<string>> =>
    ((await redis.lpop("click_queue", 1_000)) ?? []).map((line) => line.split(" ").slice(4, 6).join(" "))

  test.each(cases.map((one) => [`${one.status} ${one.name}`, one] as const))("%s", async (_, one) => {
    const answer = await ask(Number(spoor.address("send events").port), one)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${one.status} `))
    const body = answer.slice(answer.indexOf("\r\n\r\n") + 4)
    if (one.says === "") expect(body).toBe("")
    else expect(body).toContain(one.says ?? "")
    if ([408, 429, 503].includes(one.status)) expect(answer).toMatch(/\r\nretry-after: \d+\r\n/i)
    expect(await lines()).toEqual([...(one.lines ?? [])])
  })

  test("307 a campaign link", async () => {
    const port = Number(spoor.address("send events").port)
    const link = { id: "spring", default: "https://shop.example/" }
    const headers = { ...auth, ...json }
    const made = await ask(port, {
      name: "",
      method: "POST",
      target: "/api/v1/links",
      headers,
      body: JSON.stringify(link),
      status: 201
    })
    expect(made).toMatch(/^HTTP\/1.1 20[01] /)
    const clicked = await ask(port, { name: "", target: "/click/spring/go?a=1", status: 307 })
    expect(clicked).toMatch(/^HTTP\/1.1 307 [\s\S]*\r\nlocation: https:\/\/shop.example\/\r\n/i)
    expect(await redis.lpop("click_queue", 10)).toHaveLength(1)
  })

  test("431 or 400 headers that are too long", async () => {
    const headers = { x: "x".repeat(100_000) }
    expect(
      await ask(Number(spoor.address("send events").port), { name: "", target: "/t/x", headers, status: 431 })
    ).toMatch(runtime === "bun" ? /^HTTP\/1.1 431 / : /^HTTP\/1.1 400 /)
    expect(await lines()).toEqual([])
  })

  test("503 while Redis is away", async () => {
    await server?.stop()
    const answer = await ask(Number(spoor.address("send events").port), {
      name: "",
      target: "/t/x",
      status: 503
    })
    expect(answer).toMatch(/^HTTP\/1.1 503 [\s\S]*\r\nretry-after: 1\r\n[\s\S]*"error":"unavailable"/i)
  })
}

describe.skipIf(!hasRedisProgram())("a gateway on Bun", () => suite("bun"))
describe.skipIf(!hasRedisProgram() || denoProgram() === undefined)("a gateway on Deno", () => suite("deno"))
