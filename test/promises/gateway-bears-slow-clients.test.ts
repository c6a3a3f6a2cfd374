/**
 * Promise 4, and case 42 of the faults: thousands of clients that send nothing, or never finish, are disconnected within
 * 15 seconds, however many connect; other clients are not affected, and no event is lost. On each runtime, as a process.
 */
import { describe, expect, test } from "bun:test"
import { connect, type Socket } from "node:net"
import { Redis } from "ioredis"
import { denoProgram } from "../support/deno.ts"
import { eventually } from "../support/eventually.ts"
import { httpClient } from "../support/flood.ts"
import { hasRedisProgram, startRedis } from "../support/redis.ts"
import { type Environment, ownSettings, type runtimes, startSpoor } from "../support/spoor.ts"

/** Each kind a thousand times. */
const beginnings = [
  "",
  "GET /t/slow?a=1 HTTP/1.1\r\nHost: h\r\nX-Slow: ",
  "POST /t/slow HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n"
]
const ofEach = 1_000

const withstands = async (runtime: keyof typeof runtimes, settings: Environment): Promise<void> => {
  const server = await startRedis()
  if (server === undefined) throw new Error("redis-server did not start")
  const redis = new Redis(server.url)
  const own = ownSettings({ REDIS_URL: server.url, TRUSTED_PROXIES: "none", ...settings })
  const spoor = await startSpoor(["gateway"], own, runtime)
  try {
    const { slow, wellBehaved } = await underSlowClients(spoor.address("send events"))
    expect(wellBehaved.statuses).toEqual({ 200: wellBehaved.sent })
    expect(slow.isSubsetOf(new Set(["HTTP/1.1 408", "HTTP/1.1 400"]))).toBe(true)
    expect(await redis.llen("click_queue")).toBe(wellBehaved.sent)
  } finally {
    redis.disconnect()
    await spoor.end("SIGKILL")
    await server.stop()
  }
}

/** Waits until all slow clients are disconnected; returns their answers, and those of a well-behaved client. */
const underSlowClients = async (url: URL) => {
  const open = new Set<Socket>()
  const slow = new Set<string>()
  for (const beginning of beginnings.flatMap((text) => Array.from({ length: ofEach }, () => text))) {
    const socket = connect(Number(url.port), "127.0.0.1", () => socket.write(beginning))
    open.add(socket)
    socket.on("data", (data) => void slow.add(data.toString("latin1").slice(0, 12)))
    socket.on("error", () => {})
    socket.on("close", () => open.delete(socket))
  }
  const trickle = setInterval(() => {
    for (const socket of open) if (socket.bytesWritten > 0) socket.write("x")
  }, 1_000)

  const statuses: Record<number, number> = {}
  let sent = 0
  const client = await httpClient(url)
  let isOver = false
  const sending = (async () => {
    while (!isOver) {
      const { status } = await client.get(`/t/wellBehaved?n=${sent++}`)
      statuses[status] = (statuses[status] ?? 0) + 1
    }
  })()
  await eventually("all slow clients are closed", () => open.size === 0, 40_000).finally(() => {
    isOver = true
    clearInterval(trickle)
  })
  await sending
  client.close()
  return { slow, wellBehaved: { statuses, sent } }
}

describe.concurrent("thousands of slow clients are disconnected, and other clients are not affected", () => {
  test.skipIf(!hasRedisProgram())("on Bun", () => withstands("bun", {}), 60_000)
  const capped = { GATEWAY_MAX_CONNECTIONS: "4000" }
  test.skipIf(!hasRedisProgram())(
    "on Bun with a limit on connections",
    () => withstands("bun", capped),
    60_000
  )
  const hasBoth = hasRedisProgram() && denoProgram() !== undefined
  test.skipIf(!hasBoth)("on Deno", () => withstands("deno", {}), 60_000)
})
