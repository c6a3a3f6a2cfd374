/** Pipelined requests are answered in order: on Bun with GATEWAY_PIPELINING, on Deno always. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { connect } from "node:net"
import { Redis } from "ioredis"
import { makeCertificate } from "../../support/certificate.ts"
import { denoProgram } from "../../support/deno.ts"
import { eventually } from "../../support/eventually.ts"
import { hasRedisProgram, type OwnRedis, startRedis } from "../../support/redis.ts"
import { needsProgram } from "../../support/server.ts"
import {
  type Environment,
  launch,
  ownSettings,
  type runtimes,
  type Spoor,
  startSpoor
} from "../../support/spoor.ts"

const json = '{"n":1}'
const requests: ReadonlyArray<string> = [
  "GET /t/p?n=0 HTTP/1.1\r\nHost: h\r\n\r\n",
  `POST /t/p HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: ${json.length}\r\n\r\n${json}`,
  "PUT /nothing HTTP/1.1\r\nHost: h\r\n\r\n",
  "GET /t/p.gif?n=2 HTTP/1.1\r\nHost: h\r\n\r\n",
  "HEAD /t/p?n=3 HTTP/1.1\r\nHost: h\r\n\r\n",
  "POST /t/p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nn=4\r\n0\r\n\r\n",
  "GET /t/p?n=5 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
]

const suite = (runtime: keyof typeof runtimes, more: Environment): void => {
  let server: OwnRedis | undefined
  let spoor: Spoor
  let redis: Redis
  beforeAll(async () => {
    server = await startRedis()
    spoor = await startSpoor(["gateway"], ownSettings({ REDIS_URL: server?.url ?? "", ...more }), runtime)
    redis = new Redis(server?.url ?? "")
  }, 60_000)
  afterAll(async () => {
    redis.disconnect()
    await spoor.end("SIGKILL")
    await server?.stop()
  })

  /** Sends the parts, at once or in separate packets; resolves with the data received when the connection is closed. */
  const ask = (pieces: ReadonlyArray<string>): Promise<string> =>
    new Promise((resolve) => {
      let received = ""
      const port = Number(spoor.address("send events").port)
      const socket = connect({ port, host: "127.0.0.1", noDelay: true }, async () => {
        for (const piece of pieces) await new Promise((sent) => socket.write(piece, "latin1", sent))
      })
      socket.on("data", (data) => {
        received += data.toString("latin1")
      })
      socket.on("error", () => {})
      socket.on("close", () => resolve(received))
    })

  const whole = requests.join("")
  for (const [how, pieces] of [
    ["at once", [whole]],
    ["one after the other", requests],
    ["in small pieces", whole.match(/[\s\S]{1,7}/g) ?? []]
  ] as const)
    test(`that come ${how}`, async () => {
      await redis.del("click_queue")
      const received = await ask(pieces)
      const statuses = Array.from(received.matchAll(/HTTP\/1\.1 (\d{3}) /g), ([, status]) => status)
      expect(statuses).toEqual(["200", "200", "405", "200", "200", "200", "200"])
      expect(received.indexOf("GIF89a")).toBeGreaterThan(received.indexOf("method-not-allowed"))
      const lines = await redis.lrange("click_queue", 0, -1)
      expect(lines.map((line) => line.split(" ").slice(4, 6).join(" "))).toEqual(
        [0, 1, 2, 3, 4, 5].map((n) => `/t/p n=${n}`)
      )
    })

  test("by many clients, many each", async () => {
    await redis.del("click_queue")
    const many = Array.from({ length: 100 }, (_, n) => `GET /t/m?n=${n} HTTP/1.1\r\nHost: h\r\n\r\n`)
    const last = "GET /t/m?n=last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    const received = await Promise.all(Array.from({ length: 20 }, () => ask([many.join("") + last])))
    for (const one of received) expect(one.match(/HTTP\/1\.1 200 /g)).toHaveLength(101)
    await eventually("all are there", async () => (await redis.llen("click_queue")) === 20 * 101)
  })
}

const hasRedis = hasRedisProgram()
const hasBoth = hasRedis && denoProgram() !== undefined
describe.skipIf(!hasRedis)("requests to a gateway on Bun", () => suite("bun", { GATEWAY_PIPELINING: "true" }))
describe.skipIf(!hasRedis)("requests to a gateway on Bun that caps connections", () =>
  suite("bun", { GATEWAY_MAX_CONNECTIONS: "100" })
)
describe.skipIf(!hasBoth)("requests to a gateway on Deno", () => suite("deno", {}))

const hasOpenssl = needsProgram("openssl", "Install openssl.", ["version"])
test.skipIf(!hasOpenssl)("on Bun it does not work with TLS, which ends the start", async () => {
  const { cert, key } = makeCertificate()
  const settings = ownSettings({ GATEWAY_PIPELINING: "true", TLS_CERT: cert, TLS_KEY: key })
  const { output, ended } = launch(["gateway"], settings)
  expect(await ended).toBe(78)
  expect(output()).toContain("GATEWAY_PIPELINING does not work with TLS_CERT on Bun")
})
