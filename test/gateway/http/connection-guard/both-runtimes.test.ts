/** GATEWAY_MAX_CONNECTIONS on a real gateway process of each runtime, with lines in a real Redis. */
import { describe, expect, test } from "bun:test"
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { Redis } from "ioredis"
import { denoProgram } from "../../../support/deno.ts"
import { eventually } from "../../../support/eventually.ts"
import { hasRedisProgram, startRedis } from "../../../support/redis.ts"
import { ownSettings, type runtimes, startSpoor } from "../../../support/spoor.ts"

interface Client {
  readonly socket: Socket
  readonly received: () => string
  readonly ask: (n: number) => void
}

const clientAt = async (port: number, localAddress: string): Promise<Client> => {
  const socket = connect({ port, host: "127.0.0.1", localAddress })
  let received = ""
  socket.on("data", (data) => {
    received += data.toString("latin1")
  })
  socket.on("error", () => {})
  await once(socket, "connect")
  return {
    socket,
    received: () => received,
    ask: (n) => void socket.write(`GET /t/x?n=${n} HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n`)
  }
}

const capped = async (runtime: keyof typeof runtimes): Promise<void> => {
  const server = await startRedis()
  if (server === undefined) throw new Error("redis-server is missing.")
  const redis = new Redis(server.url)
  // No request comes from 127.0.0.9, so no client is trusted.
  const settings = { REDIS_URL: server.url, GATEWAY_MAX_CONNECTIONS: "20", TRUSTED_PROXIES: "127.0.0.9" }
  const spoor = await startSpoor(["gateway"], ownSettings(settings), runtime)
  const port = Number(spoor.address("send events").port)
  try {
    const clients = await Promise.all(
      Array.from({ length: 20 }, (_, n) => clientAt(port, `127.0.1.${n + 1}`))
    )
    for (const [n, one] of clients.entries()) one.ask(n)
    for (const one of clients)
      await eventually("the event is answered", () => one.received().includes('{"status":"ok"}'))

    const tooMany = await Promise.all(Array.from({ length: 5 }, () => clientAt(port, "127.0.0.1")))
    for (const one of tooMany) {
      await eventually("the connection gets a response", () => one.received() !== "")
      expect(one.received()).toMatch(/^HTTP\/1.1 503 [\s\S]*\r\nretry-after: 1\r\n[\s\S]*"error":"busy"/i)
      await eventually("it is closed", () => one.socket.destroyed)
    }

    clients[0]?.socket.destroy()
    await eventually("there is room for one", async () => {
      const one = await clientAt(port, "127.0.1.1")
      one.ask(20)
      await eventually(
        "the connection is answered or closed",
        () => one.received() !== "" || one.socket.destroyed
      )
      const isIn = one.received().includes("200 OK")
      if (isIn) clients[0] = one
      return isIn
    })
    for (const [n, one] of clients.entries()) if (n > 0) one.ask(20 + n)
    await eventually("all events are there", async () => (await redis.llen("click_queue")) === 40)

    const lines = (await redis.lrange("click_queue", 0, -1)).map((line) => line.split(" "))
    for (const [address, , , , , query] of lines) {
      const n = Number(query?.slice("n=".length))
      expect(address).toBe(`127.0.1.${(n % 20) + 1}`)
    }
    for (const one of clients) one.socket.destroy()
    const metrics = new URL("/metrics", spoor.address("health"))
    const figures = await (await fetch(metrics)).text()
    const refused = /spoor_gateway_refused_total\{reason="connections"\} (\d+)/.exec(figures)?.[1]
    expect(Number(refused)).toBeGreaterThanOrEqual(5)
  } finally {
    redis.disconnect()
    await spoor.end("SIGKILL")
    await server.stop()
  }
}

describe("a gateway with a limit accepts that many connections, with their own addresses", () => {
  test.skipIf(!hasRedisProgram())("on Bun", () => capped("bun"), 30_000)
  const hasBoth = hasRedisProgram() && denoProgram() !== undefined
  test.skipIf(!hasBoth)("on Deno", () => capped("deno"), 30_000)
})
