/** The connection guard's listener over real sockets: client addresses, bypassing connections, limits and timeouts. */
import { afterEach, describe, expect, test } from "bun:test"
import { once } from "node:events"
import { readdirSync, readFileSync, readlinkSync } from "node:fs"
import { connect, createServer, type Socket } from "node:net"
import { openListener } from "../../../../gateway/http/connection-guard/listener.ts"
import { serve } from "../../../../gateway/http/serve.ts"
import type { ServeOptions, Server } from "../../../../gateway/http/server-types.ts"
import { eventually } from "../../../support/eventually.ts"

const open: Array<{ close: () => unknown }> = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

const client = async (port: number, localAddress = "127.0.0.1"): Promise<Socket & { said: () => string }> => {
  const socket = connect({ port, host: "127.0.0.1", localAddress })
  let said = ""
  socket.on("data", (data) => {
    said += data.toString("latin1")
  })
  socket.on("error", () => {})
  await once(socket, "connect")
  open.push({ close: () => socket.destroy() })
  return Object.assign(socket, { said: () => said })
}

const get = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n"

describe("a server behind the connection guard", () => {
  const start = async (maxConnections: number | undefined, more: Partial<ServeOptions> = {}) => {
    const counted: Array<string> = []
    const server: Server = await serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (_, { address }) => new Response(address),
      connectionGuard: {
        maxConnections,
        requestTimeoutMs: 1_000,
        countRefused: (reason) => void counted.push(reason)
      },
      ...more
    })
    open.push(server)
    return { ...server, counted }
  }

  test("gets each client's own address, on every connection", async () => {
    const { port } = await start(undefined)
    const clients = await Promise.all(Array.from({ length: 50 }, (_, n) => client(port, `127.0.0.${n + 1}`)))
    for (const one of clients) one.write(get)
    for (const [n, one] of clients.entries())
      await eventually("an answer", () => one.said().endsWith(`\r\n\r\n127.0.0.${n + 1}`))
  })

  test.skipIf(process.platform !== "linux")("refuses connections that bypass the listener", async () => {
    const { port } = await start(undefined, { fetch: () => new Response("taken") })
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("taken")
    // All ports that this process listens on, except the listener's.
    const found = listening()
    expect(found).toContain(port)
    const statuses = await Promise.all(
      found
        .filter((one) => one !== port)
        .map((one) => fetch(`http://127.0.0.1:${one}/`).then((answer) => answer.status))
    )
    expect(statuses).toEqual([503])
  })

  test("limits connections; open ones are not affected, and a closed one makes room", async () => {
    const { port, counted } = await start(3)
    const first = await Promise.all([client(port), client(port), client(port)])
    for (const one of first) one.write(get)
    for (const one of first) await eventually("an answer", () => one.said().includes("200 OK"))

    const fourth = await client(port)
    await once(fourth, "end")
    expect(fourth.said()).toStartWith("HTTP/1.1 503 Service Unavailable\r\n")
    expect(fourth.said()).toMatch(/\r\nretry-after: 1\r\n/)
    expect(fourth.said()).toMatch(/\r\nconnection: close\r\n/)
    expect(fourth.said()).toContain('{"error":"busy","message":"')
    expect(counted).toEqual(["connections"])

    first[0]?.write(get)
    await eventually("another answer", () => first[0]?.said().match(/200 OK/g)?.length === 2)
    first[1]?.destroy()
    await eventually("there is room", async () => {
      const next = await client(port)
      next.write(get)
      await eventually("it is answered or ended", () => next.said() !== "" || next.destroyed)
      return next.said().includes("200 OK")
    })
  })

  test("closes connections far over the limit without a response", async () => {
    const { port, counted } = await start(1)
    const first = await client(port)
    first.write(get)
    const others = await Promise.all(Array.from({ length: 400 }, () => client(port)))
    await eventually("all are gone", () =>
      others.every(({ destroyed, readableEnded }) => destroyed || readableEnded)
    )
    const told = others.filter((one) => one.said().startsWith("HTTP/1.1 503")).length
    expect(told).toBeGreaterThan(0)
    expect(told).toBeLessThan(400)
    expect(counted).toHaveLength(400)
    await eventually("an answer", () => first.said().includes("200 OK"))
  })

  test("responds to a body that is not read", async () => {
    const { port } = await start(undefined, {
      fetch: () => new Response("no", { status: 405, headers: { connection: "close" } })
    })
    const ask = async (): Promise<string> => {
      const body = new Uint8Array(960_000)
      const answer = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body, keepalive: false })
      return answer.text()
    }
    for (let n = 0; n < 20; n++) {
      const answers = await Promise.all(Array.from({ length: 12 }, ask))
      expect(new Set(answers)).toEqual(new Set(["no"]))
    }
  })
})

describe("a listener in front of a silent server", () => {
  const opened = async (onClient: (socket: Socket) => void = (socket) => void socket.resume()) => {
    const silent = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("error", () => {})
      onClient(socket)
    })
    silent.listen(0, "127.0.0.1")
    await once(silent, "listening")
    const address = silent.address()
    if (typeof address !== "object" || address === null) throw new Error("no port")
    const counted: Array<string> = []
    const listener = await openListener({
      port: 0,
      hostname: "127.0.0.1",
      serverPort: address.port,
      maxConnections: undefined,
      timeouts: { firstByteMs: 600, responseMs: 1_200, idleMs: 600, stalledReaderMs: 600 },
      rawResponses: { tooManyConnections: "many", requestTimeout: "slow" },
      countRefused: (reason) => void counted.push(reason)
    })
    open.push(listener, silent)
    return { listener, counted }
  }

  test("closes clients that send nothing, never finish, or are idle", async () => {
    const { listener, counted } = await opened((socket) => {
      socket.on("data", (data) => void (data.includes("ask") && socket.write("answer")))
    })
    const [silent, slow, idle] = [
      await client(listener.port),
      await client(listener.port),
      await client(listener.port)
    ]
    const trickle = setInterval(() => slow.write("x"), 100)
    slow.write("x")
    idle.write("ask")
    await Promise.all([silent, slow, idle].map((one) => once(one, "close")))
    clearInterval(trickle)
    expect([silent.said(), slow.said(), idle.said()]).toEqual(["", "slow", "answer"])
    expect(counted.toSorted()).toEqual(["slow", "slow"])
  })

  test("closes a client that does not read its response, before much is buffered", async () => {
    const { listener, counted } = await opened((socket) => {
      socket.on("data", () => {
        const pour = (): void => {
          while (!socket.destroyed && socket.write(new Uint8Array(65_536)));
        }
        socket.on("drain", pour)
        pour()
      })
    })
    const stalled = connect(listener.port, "127.0.0.1", () => {
      stalled.pause()
      stalled.write("ask")
    })
    stalled.on("error", () => {})
    const before = process.memoryUsage.rss()
    await eventually("it is sent away", () => counted.length === 1)
    expect(counted).toEqual(["slow"])
    expect(process.memoryUsage.rss() - before).toBeLessThan(50 * 1024 ** 2)
    stalled.destroy()
  })

  test("forwards the client's end of data, and still delivers the response", async () => {
    const { listener } = await opened((socket) => {
      let said = ""
      socket.on("data", (data) => {
        said += data.toString()
      })
      socket.on("end", () => socket.end(`you said ${said}`))
    })
    const one = await client(listener.port)
    one.end("all")
    await once(one, "end")
    expect(one.said()).toBe("you said all")
  })
})

/** Ports of 127.0.0.1 that this process listens on. */
const listening = (): ReadonlyArray<number> => {
  const inodes = new Set(
    readdirSync("/proc/self/fd").flatMap((fd) => {
      try {
        return /socket:\[(\d+)\]/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.slice(1) ?? []
      } catch {
        return []
      }
    })
  )
  return readFileSync("/proc/self/net/tcp", "latin1")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === "0A" && inodes.has(fields[9] ?? ""))
    .map((fields) => Number.parseInt(fields[1]?.split(":")[1] ?? "", 16))
}
