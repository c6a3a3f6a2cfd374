/** The faults of the proxy, since the proofs of the cases depend on them. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import { createServer, connect as dial, type Server, type Socket } from "node:net"
import { eventually } from "../support/eventually.ts"
import { freePort } from "../support/server.ts"
import { startProxy, type TcpProxy } from "./tcp-proxy.ts"

/** A server that returns each chunk followed by "!", and keeps the received text. */
let server: Server
let received: string
let proxy: TcpProxy
const open: Array<Socket> = []

interface Client {
  readonly socket: Socket
  readonly heard: () => string
  /** The end of the connection: an error code, or "end". */
  readonly ended: () => string | undefined
}

const client = (): Client => {
  let heard = ""
  let ended: string | undefined
  const socket = dial(proxy.port, "127.0.0.1")
  socket.on("data", (data: Buffer) => {
    heard += data.toString()
  })
  socket.on("error", (error: NodeJS.ErrnoException) => {
    ended ??= error.code
  })
  socket.on("close", () => {
    ended ??= "end"
  })
  open.push(socket)
  return { socket, heard: () => heard, ended: () => ended }
}

const hears = (one: Client, text: string): Promise<boolean> =>
  eventually(`the client hears ${text}`, () => one.heard() === text)
const ends = (one: Client): Promise<string> => eventually("the connection has ended", one.ended)

beforeEach(async () => {
  received = ""
  const port = await freePort()
  server = createServer((socket) => {
    open.push(socket)
    socket.on("error", () => undefined)
    socket.on("data", (data: Buffer) => {
      received += data.toString()
      socket.write(`${data}!`)
      if (data.toString() === "bye") socket.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve))
  proxy = await startProxy(port)
})
afterEach(() => {
  proxy.close()
  for (const socket of open.splice(0)) socket.destroy()
  server.close()
})

describe("the proxy", () => {
  test("passes bytes both ways, and the end", async () => {
    const one = client()
    one.socket.write("a")
    await hears(one, "a!")
    one.socket.write("bye")
    await hears(one, "a!bye!")
    expect(await ends(one)).toBe("end")
    expect(proxy.counts).toMatchObject({ connections: 1, cuts: 0, bytes: 10 })
    await eventually("the connection is removed", () => proxy.open() === 0)
  })

  test("passes a megabyte unchanged", async () => {
    const one = client()
    const sent = "0123456789abcdef".repeat(65_536)
    one.socket.write(sent)
    await eventually("all is back", () => one.heard().replaceAll("!", "") === sent)
  })

  test("cut resets every connection; new ones work", async () => {
    const [one, two] = [client(), client()]
    for (const each of [one, two]) {
      each.socket.write("a")
      await hears(each, "a!")
    }
    expect(proxy.cut()).toBe(2)
    expect(await ends(one)).toBe("ECONNRESET")
    expect(await ends(two)).toBe("ECONNRESET")
    const three = client()
    three.socket.write("b")
    await hears(three, "b!")
  })

  test("refuse: no new connection, the open ones stay; accept ends it", async () => {
    const one = client()
    one.socket.write("a")
    await hears(one, "a!")
    proxy.refuse()
    expect(await ends(client())).toBe("ECONNREFUSED")
    one.socket.write("b")
    await hears(one, "a!b!")
    await proxy.accept()
    const two = client()
    two.socket.write("c")
    await hears(two, "c!")
  })

  test("freeze: connections are accepted and kept, nothing passes and no error is reported; after thaw everything passes", async () => {
    const one = client()
    one.socket.write("a")
    await hears(one, "a!")
    proxy.freeze()
    one.socket.write("b")
    const two = client()
    two.socket.write("c")
    await eventually("both are held", () => proxy.counts.held === 2)
    expect(received).toBe("a")
    expect([one.ended(), two.ended()]).toEqual([undefined, undefined])
    expect([one.heard(), two.heard()]).toEqual(["a!", ""])
    proxy.thaw()
    await hears(one, "a!b!")
    await hears(two, "c!")
  })

  test("while frozen, the end of the server is not forwarded", async () => {
    const one = client()
    one.socket.write("a")
    await hears(one, "a!")
    proxy.freeze()
    for (const socket of open) if (socket !== one.socket) socket.resetAndDestroy()
    const two = client()
    two.socket.write("x")
    await eventually("time has passed for others", () => proxy.counts.held === 1)
    expect(one.ended()).toBeUndefined()
    proxy.thaw()
    expect(await ends(one)).toBeDefined()
  })

  test("delay: late, in order", async () => {
    const one = client()
    one.socket.write("a")
    await hears(one, "a!")
    proxy.delay(100)
    const began = performance.now()
    one.socket.write("b")
    await hears(one, "a!b!")
    expect(performance.now() - began).toBeGreaterThan(190)
    proxy.delay(0)
    one.socket.write("c")
    await hears(one, "a!b!c!")
  })

  test("cutReplyTo: the server has received the request, the client gets no response", async () => {
    const [one, two] = [client(), client()]
    const cut = proxy.cutReplyTo((data) => data.includes("do"))
    two.socket.write("a")
    await hears(two, "a!")
    one.socket.write("do")
    await cut
    expect(await ends(one)).toBe("ECONNRESET")
    expect(received).toBe("ado")
    expect(one.heard()).toBe("")
    two.socket.write("do")
    await hears(two, "a!do!")
  })

  test("cutBefore: the server does not receive the request", async () => {
    const one = client()
    const cut = proxy.cutBefore((data) => data.includes("do"))
    one.socket.write("do")
    await cut
    expect(await ends(one)).toBe("ECONNRESET")
    expect(received).toBe("")
  })

  test("cutAfter: at the n-th byte", async () => {
    const one = client()
    const cut = proxy.cutAfter("up", 3)
    one.socket.write("ab")
    await hears(one, "ab!")
    one.socket.write("c")
    await cut
    expect(await ends(one)).toBe("ECONNRESET")
    expect(received).toBe("ab")
    expect(proxy.counts.cuts).toBe(1)
  })

  test("a rule may drop chunks or let one direction hang", async () => {
    const [one, two] = [client(), client()]
    const remove = proxy.intercept(({ data }) => (data.includes("x") ? "drop" : "pass"))
    one.socket.write("x")
    await eventually("it is dropped", () => proxy.counts.dropped === 1)
    one.socket.write("a")
    await hears(one, "a!")
    remove()
    proxy.intercept(({ data, direction }) => (direction === "down" && data.includes("h") ? "hang" : "pass"))
    two.socket.write("h")
    await eventually("the answer hangs", () => proxy.counts.held === 1)
    expect(received).toBe("ah")
    two.socket.write("b")
    await eventually("it goes up", () => received === "ahb")
    expect(two.heard()).toBe("")
    proxy.thaw()
    await hears(two, "h!b!")
  })

  test("when the server is down, the client is reset", async () => {
    server.close()
    for (const socket of open.splice(0)) socket.destroy()
    expect(await ends(client())).toBe("ECONNRESET")
  })

  test("held bytes are delivered after their client has closed the connection; other connections pass", async () => {
    const one = client()
    const stranded = proxy.strand(({ direction, data }) => direction === "up" && data.includes("late"))
    one.socket.write("late")
    const { deliver } = await stranded
    one.socket.destroy()
    const two = client()
    two.socket.write("early")
    await hears(two, "early!")
    expect(received).toBe("early")
    await deliver()
    expect(received).toBe("earlylate")
  })

  test("a stranded connection that stays open can be stranded again, in the other direction too", async () => {
    const one = client()
    for (const direction of ["up", "down"] as const) {
      const stranded = proxy.strand((chunk) => chunk.direction === direction)
      one.socket.write(direction)
      const { deliver } = await stranded
      expect(one.heard()).not.toContain(`${direction}!`)
      await deliver()
      await eventually("it is heard", () => one.heard().endsWith(`${direction}!`))
    }
  })
})
