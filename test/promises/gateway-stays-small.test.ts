/** Promises 4 and 6: while Redis is frozen the gateway's memory stays bounded, however many events arrive. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { type Edge, startEdge } from "../support/edge.ts"
import { type Answered, flood } from "../support/flood.ts"
import { hasRedisProgram, privateRedis, type RedisServer } from "../support/redis.ts"

const maxPending = 300
const clients = 1_500

describe.skipIf(!hasRedisProgram())("a flood while Redis is frozen", () => {
  let server: RedisServer
  let edge: Edge
  beforeAll(async () => {
    server = await privateRedis()
    await server.start()
    edge = await startEdge(server.url, { GATEWAY_MAX_PENDING: String(maxPending) })
  })
  afterAll(async () => {
    await edge.stop()
    await server.remove()
  })

  /** Each event has about 10 KB. */
  const filling = "x".repeat(10_000)
  const send = (minSent: number): Promise<ReadonlyArray<Answered>> =>
    flood(
      edge.spoor.address("send events"),
      clients,
      (number) => `/t/flood?n=${number}&${filling}`,
      (sent) => sent >= minSent
    )

  /** Memory of the gateway's process, in MB. */
  const resident = (): number => {
    const status = readFileSync(`/proc/${edge.spoor.process.pid}/status`, "latin1")
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024
  }

  const counts = (answers: ReadonlyArray<Answered>): Record<string, number> => {
    const all: Record<string, number> = {}
    for (const { status, body } of answers) {
      const name = status === 200 ? "accepted" : `${status} ${/"error":"([a-z-]+)"/.exec(body)?.[1]}`
      all[name] = (all[name] ?? 0) + 1
    }
    return all
  }

  test("events over the limit are refused at once, the others after the Redis timeout; then the gateway recovers", async () => {
    server.pause()
    const answers = await send(clients)
    expect(counts(answers)).toEqual({ "503 busy": clients - maxPending, "503 unavailable": maxPending })
    // Refusals over the limit do not wait for Redis: all of them are answered before the first of the others.
    expect(answers.findLastIndex(({ body }) => body.includes("busy"))).toBeLessThan(clients - maxPending)
    server.resume()
    await edge.takes()
  })

  test.skipIf(process.platform !== "linux")(
    "its memory does not grow with the number of events",
    async () => {
      await send(5 * clients)
      const before = resident()
      server.pause()
      const answers = await send(40_000)
      const after = resident()
      server.resume()
      await edge.takes()
      expect(Object.keys(counts(answers)).sort()).toEqual(["503 busy", "503 unavailable"])
      const sent = (answers.length * filling.length) / 1024 ** 2
      process.stdout.write(
        `${sent.toFixed()} MB refused; resident ${before.toFixed()} MB before, ${after.toFixed()} MB after\n`
      )
      expect(sent).toBeGreaterThan(300)
      expect(after - before).toBeLessThan(100)
    }
  )
})
