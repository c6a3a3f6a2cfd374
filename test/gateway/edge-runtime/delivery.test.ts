/**
 * No acknowledged event is lost on its way from the edge to the queue of the centre, and none arrives twice: many at once,
 * the centre away, answers lost, the edge killed. Real workerd, real Deno, a real gateway in the centre, real Redis.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test"
import { denoProgram } from "../../support/deno.ts"
import { denoServer, type EdgeServer, workerdServer } from "../../support/edge-runtime.ts"
import { eventually } from "../../support/eventually.ts"
import { hasRedisProgram } from "../../support/redis.ts"
import { type Centre, makeCentre, secret } from "./centre.ts"

const kinds = [
  { name: "the Worker in workerd", make: workerdServer, ack: "durable-object", isMissing: false },
  { name: "deno serve", make: denoServer, ack: "kv", isMissing: denoProgram() === undefined }
]

const paths = (from: number, to: number): ReadonlyArray<string> =>
  Array.from({ length: to - from }, (_, index) => `/t/n e=${from + index}`)

const suite = (make: () => Promise<EdgeServer>, ack: string): void => {
  let centre: Centre
  beforeAll(async () => {
    centre = await makeCentre()
  }, 60_000)
  afterAll(() => centre.remove())
  beforeEach(() => centre.clear())
  afterEach(() => centre.kill())

  const send = (server: EdgeServer, n: number): Promise<Response> => fetch(`${server.url}/t/n?e=${n}`)

  /** Sends events one after the other; returns their statuses and where they were stored. */
  const sendAll = async (server: EdgeServer, from: number, to: number): Promise<ReadonlySet<string>> => {
    const answers = new Set<string>()
    for (let n = from; n < to; n++) {
      const response = await send(server, n)
      answers.add(`${response.status} ${response.headers.get("spoor-stored")}`)
      await response.body?.cancel()
    }
    return answers
  }

  const withServer = async (
    settings: Readonly<Record<string, string>>,
    run: (server: EdgeServer, restart: () => Promise<void>) => Promise<void>
  ): Promise<void> => {
    const server = await make()
    const all = { EDGE_CENTRE: centre.url, EDGE_SECRET: secret, GATEWAY_METRICS: "true", ...settings }
    await server.start(all)
    try {
      await run(server, () => server.start(all))
    } finally {
      await server.kill()
    }
  }

  const figure = async (server: EdgeServer, name: string): Promise<number> => {
    const text = await (await fetch(`${server.url}/metrics`)).text()
    return Number(new RegExp(`^spoor_edge_${name} (\\S+)$`, "m").exec(text)?.[1])
  }

  for (const one of ["centre", ack])
    test(`1,000 events at once arrive once each, with EDGE_ACK=${one}`, async () => {
      await centre.start()
      await withServer({ EDGE_ACK: one }, async (server) => {
        const answers = await Promise.all(
          Array.from({ length: 1_000 }, async (_, n) => {
            const response = await send(server, n)
            await response.body?.cancel()
            return `${response.status} ${response.headers.get("spoor-stored")}`
          })
        )
        expect({ answers: new Set(answers), log: server.output() }).toEqual({
          answers: new Set([`200 ${one === "centre" ? "centre" : "edge"}`]),
          log: expect.not.stringContaining("WARN")
        })
        const lines = await eventually("all arrive", async () => {
          const found = await centre.lines()
          return found.length >= 1_000 ? found : undefined
        })
        expect([...lines].sort()).toEqual([...paths(0, 1_000)].sort())
        await eventually("the store is empty", async () => (await figure(server, "stored_lines")) === 0)
        expect(await figure(server, "delivered_lines_total")).toBe(1_000)
      })
    })

  test("with EDGE_ACK=centre an event is answered 503 while the centre is away, and nothing is stored", async () => {
    await withServer({ EDGE_ACK: "centre", EDGE_PUSH_TIMEOUT: "300ms" }, async (server) => {
      const response = await send(server, 0)
      expect(response.status).toBe(503)
      expect(response.headers.get("retry-after")).toBe("1")
      expect(response.headers.get("spoor-stored")).toBeNull()
      expect(await response.json()).toMatchObject({ error: "unavailable" })
      expect((await fetch(`${server.url}/health/ready`)).status).toBe(503)
      expect(server.output()).toContain("The centre takes no lines: ")
      await centre.start()
      await eventually("an event is stored", async () => (await sendAll(server, 1, 2)).has("200 centre"))
      expect((await fetch(`${server.url}/health/ready`)).status).toBe(200)
      expect(server.output()).toContain("The centre takes lines again.")
    })
    expect(new Set(await centre.lines())).toEqual(new Set(["/t/n e=1"]))
  })

  test(`with EDGE_ACK=${ack} events wait at the edge while the centre is away, and arrive later, once and in order`, async () => {
    await withServer({ EDGE_ACK: ack }, async (server) => {
      expect(await sendAll(server, 0, 50)).toEqual(new Set(["200 edge"]))
      expect(await figure(server, "stored_lines")).toBe(50)
      expect(await figure(server, "stored_bytes")).toBeGreaterThan(50 * 20)
      expect(await (await fetch(`${server.url}/health/ready`)).json()).toEqual({ status: "degraded" })
      await centre.start()
      await eventually("all arrive", async () => (await centre.lines()).length >= 50)
      expect(await centre.lines()).toEqual([...paths(0, 50)])
      await eventually("the store is empty", async () => (await figure(server, "stored_lines")) === 0)
      expect(await figure(server, "stored_bytes")).toBe(0)
    })
  })

  test("an edge that is killed with stored events forwards them when it runs again, each once", async () => {
    await withServer({ EDGE_ACK: ack }, async (server, restart) => {
      expect(await sendAll(server, 0, 40)).toEqual(new Set(["200 edge"]))
      await server.kill()
      await restart()
      expect(await sendAll(server, 40, 60)).toEqual(new Set(["200 edge"]))
      await server.kill()
      await centre.start()
      await restart()
      await eventually("all arrive", async () => (await centre.lines()).length >= 60)
      await eventually("the store is empty", async () => (await figure(server, "stored_lines")) === 0)
      expect(await centre.lines()).toEqual([...paths(0, 60)])
    })
  })

  test("SIGTERM ends an edge with stored events, which arrive when it runs again", async () => {
    await withServer({ EDGE_ACK: ack }, async (server, restart) => {
      expect(await sendAll(server, 0, 10)).toEqual(new Set(["200 edge"]))
      await server.kill("SIGTERM")
      await centre.start()
      await restart()
      await eventually("all arrive", async () => (await centre.lines()).length >= 10)
      expect(await centre.lines()).toEqual([...paths(0, 10)])
    })
  })

  test("a push whose answer was lost is repeated under its id, and its lines are in the queue once", async () => {
    await centre.start()
    let lost = 0
    const proxy = Bun.serve({
      port: 0,
      fetch: async (request) => {
        const { pathname } = new URL(request.url)
        const response = await fetch(`${centre.url}${pathname}`, {
          method: request.method,
          headers: request.headers,
          body: await request.arrayBuffer()
        })
        if (lost >= 3) return response
        lost += 1
        return new Response(null, { status: 502 })
      }
    })
    for (const one of ["centre", ack])
      await withServer({ EDGE_ACK: one, EDGE_CENTRE: proxy.url.origin }, async (server) => {
        lost = 0
        await centre.clear()
        await sendAll(server, 0, 5)
        await eventually("all arrive", async () => (await centre.lines()).length >= 5)
        await eventually("the store is empty", async () => (await figure(server, "stored_lines")) === 0)
        expect(lost).toBe(3)
        expect(await centre.lines()).toEqual([...paths(0, 5)])
      })
    await proxy.stop(true)
  })

  test("an edge killed again and again while it forwards delivers every event once", async () => {
    await centre.start()
    await withServer({ EDGE_ACK: ack }, async (server, restart) => {
      let next = 0
      for (let round = 0; round < 4; round++) {
        const answers = await Promise.all(
          Array.from({ length: 100 }, (_, index) => send(server, next + index).then(({ status }) => status))
        )
        expect(new Set(answers)).toEqual(new Set([200]))
        next += 100
        await server.kill()
        await restart()
      }
      await eventually("all arrive", async () => (await centre.lines()).length >= next)
      await eventually("the store is empty", async () => (await figure(server, "stored_lines")) === 0)
      expect([...(await centre.lines())].sort()).toEqual([...paths(0, next)].sort())
    })
  })

  test("over EDGE_MAX_BYTES events are answered 503, and the stored ones are kept", async () => {
    await withServer({ EDGE_ACK: ack, EDGE_MAX_BYTES: "2000" }, async (server) => {
      let stored = 0
      let last = await send(server, 0)
      for (; last.status === 200 && stored < 100; last = await send(server, stored)) stored += 1
      expect(last.status).toBe(503)
      expect(last.headers.get("retry-after")).toBe("1")
      expect(await last.json()).toMatchObject({ error: "busy" })
      expect(stored).toBeGreaterThan(10)
      await centre.start()
      await eventually("all arrive", async () => (await centre.lines()).length >= stored)
      expect(await centre.lines()).toEqual([...paths(0, stored)])
      await eventually("there is room again", async () => (await send(server, stored)).status === 200)
    })
  })
}

for (const { name, make, ack, isMissing } of kinds)
  describe.skipIf(!hasRedisProgram() || isMissing)(name, () => suite(make, ack))
