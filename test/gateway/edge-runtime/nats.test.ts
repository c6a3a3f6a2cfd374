/**
 * The edge reaches the queue of the centre over NATS in a WebSocket: a real nats-server with `websocket {}`, a real
 * receiver whose replies are signed, real Redis; NATS killed and started again.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { denoProgram } from "../../support/deno.ts"
import { denoServer, type EdgeServer, workerdServer } from "../../support/edge-runtime.ts"
import { eventually } from "../../support/eventually.ts"
import { canStartNats, type NatsServer, privateNats } from "../../support/nats.ts"
import { hasRedisProgram } from "../../support/redis.ts"
import { freePort } from "../../support/server.ts"
import { type Centre, makeCentre } from "./centre.ts"

const kinds = [
  { name: "the Worker in workerd", make: workerdServer, ack: "durable-object", isMissing: false },
  { name: "deno serve", make: denoServer, ack: "kv", isMissing: denoProgram() === undefined }
]

const suite = (make: () => Promise<EdgeServer>, ack: string): void => {
  let nats: NatsServer
  let centre: Centre
  let server: EdgeServer
  let webSocketPort: number

  beforeAll(async () => {
    webSocketPort = await freePort()
    nats = await privateNats(`
      websocket { host: 127.0.0.1, port: ${webSocketPort}, no_tls: true }
      authorization { users: [
        { user: centre, password: inside }
        { user: edge, password: outside, permissions: { publish: spoor.push, subscribe: "_INBOX.edge.>" } }
      ] }`)
    await nats.start()
    centre = await makeCentre("receiver", {
      NATS_URL: nats.url.replace("//", "//centre:inside@"),
      BUS_SECRET: "of-the-test"
    })
    await centre.start()
    server = await make()
  }, 60_000)
  afterAll(async () => {
    await server.kill()
    await centre.remove()
    await nats.remove()
  })

  const edge = (more: Readonly<Record<string, string>> = {}) => ({
    EDGE_CENTRE: "nats",
    NATS_INBOX_PREFIX: "_INBOX.edge",
    NATS_URL: `ws://edge:outside@127.0.0.1:${webSocketPort}`,
    BUS_SECRET: "of-the-test",
    ...more
  })
  const send = (n: number): Promise<Response> => fetch(`${server.url}/t/n?e=${n}`)
  const storedAt = async (n: number): Promise<string> => {
    const response = await send(n)
    await response.body?.cancel()
    return `${response.status} ${response.headers.get("spoor-stored")}`
  }

  test("an event is answered when the queue of the centre has it", async () => {
    await server.start(edge())
    expect(await storedAt(0)).toBe("200 centre")
    expect(await centre.lines()).toEqual(["/t/n e=0"])
    const many = await Promise.all(Array.from({ length: 200 }, (_, n) => storedAt(n + 1)))
    expect(new Set(many)).toEqual(new Set(["200 centre"]))
    expect(await centre.lines()).toHaveLength(201)
  })

  test("after NATS was killed and started again, events are accepted again", async () => {
    await nats.kill()
    expect((await send(1)).status).toBe(503)
    expect(server.output()).toContain("The centre takes no lines: NATS at 127.0.0.1")
    expect(server.output()).not.toContain("outside")
    await nats.start()
    await eventually("events are accepted", async () => (await send(2)).status === 200)
    await server.kill()
  })

  test("a receiver that is away is reported at once, and a wrong login is named", async () => {
    await centre.kill()
    await server.start(edge({ EDGE_PUSH_TIMEOUT: "200ms" }))
    expect((await send(3)).status).toBe(503)
    expect(server.output()).toContain("spoor.push over NATS")
    await server.kill()
    const wrong = `ws://edge:guessed@127.0.0.1:${webSocketPort}`
    await server.start(edge({ NATS_URL: wrong, EDGE_PUSH_TIMEOUT: "2s" }))
    expect((await send(4)).status).toBe(503)
    expect(server.output()).toMatch(/NATS at 127\.0\.0\.1:\d+: .*; check the login in NATS_URL/)
    expect(server.output()).not.toContain("guessed")
    await server.kill()
  })

  test(`with EDGE_ACK=${ack} events wait at the edge until NATS and receiver are back`, async () => {
    await centre.clear()
    await nats.kill()
    await server.start(edge({ EDGE_ACK: ack }))
    for (let n = 0; n < 20; n++) expect(await storedAt(n)).toBe("200 edge")
    await nats.start()
    await centre.start()
    await eventually("all arrive", async () => (await centre.lines()).length >= 20)
    expect(await centre.lines()).toEqual(Array.from({ length: 20 }, (_, n) => `/t/n e=${n}`))
  })
}

for (const { name, make, ack, isMissing } of kinds)
  describe.skipIf(!hasRedisProgram() || !canStartNats || isMissing)(name, () => suite(make, ack))
