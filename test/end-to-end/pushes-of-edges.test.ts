/** Lines of edges reach the queue of the centre once, as real processes: over NATS by the receiver, and signed over HTTP by the gateway. */
import { afterAll, describe, expect, test } from "bun:test"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { connect } from "@nats-io/transport-node"
import { Redis } from "ioredis"
import type { ByteString } from "../../contracts/event.ts"
import { Failure } from "../../contracts/failure.ts"
import {
  newPushId,
  type PushedLines,
  pushSubject,
  readPushedReply,
  writePushedLines
} from "../../contracts/messages/pushed-lines.ts"
import { edgeLinesPath, signatureHeader, signBody } from "../../gateway/edge/signature.ts"
import { denoProgram } from "../support/deno.ts"
import { eventually } from "../support/eventually.ts"
import { canStartNats, nats } from "../support/nats.ts"
import { hasRedisProgram, privateRedis } from "../support/redis.ts"
import { serverUrl } from "../support/server.ts"
import { type Environment, ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"

const secret = "a-secret-of-edges-1"
const line = (n: number): string => `203.0.113.9 1795206900123 shop.example pod-1 /t/buy item=${n} curl/8`
const linesOf = (from: number, count: number): PushedLines => ({
  id: newPushId(),
  lines: Array.from({ length: count }, (_, i) => line(from + i) as ByteString)
})

const running: Array<Spoor> = []
const start = async (args: ReadonlyArray<string>, more: Environment, runtime: "bun" | "deno" = "bun") => {
  const spoor = await startSpoor(args, ownSettings(more), runtime)
  running.push(spoor)
  return spoor
}
afterAll(() => Promise.all(running.map((one) => one.end("SIGKILL"))))

describe.skipIf(!canStartNats || !hasRedisProgram())("the receiver", () => {
  test("pushes each id once, from many edges at once, through a restart of Redis", async () => {
    const url = (await serverUrl(nats)) ?? ""
    const redis = await privateRedis([], "always")
    await redis.start()
    const settings = { NATS_URL: url, REDIS_URL: redis.url, QUEUE_CONFIRM: "disk" }
    await Promise.all([start(["receiver"], settings), start(["receiver"], settings)])
    const nc = await connect({ servers: url.slice("nats://".length) })
    const client = new Redis(redis.url, { retryStrategy: () => 50, maxRetriesPerRequest: null })
    client.on("error", () => {})

    const push = async (pushed: PushedLines): Promise<string> => {
      try {
        const reply = await nc.request(pushSubject, writePushedLines(pushed), { timeout: 5_000 })
        return String(readPushedReply(reply.data, pushed).count)
      } catch (cause) {
        return cause instanceof Failure ? cause.reason : "timeout"
      }
    }
    const untilPushed = (pushed: PushedLines): Promise<unknown> =>
      eventually("the lines are pushed", async () => (await push(pushed)) === String(pushed.lines.length))

    try {
      await untilPushed(linesOf(0, 10))
      const all = Array.from({ length: 60 }, (_, i) => linesOf(10 + i * 10, 10))
      const thrice = [...all, ...all, ...all]
      await Promise.all(
        thrice.map((one, i) =>
          untilPushed(one)
            .then(() => (i === 20 ? redis.kill() : undefined))
            .then(() => (i === 20 ? redis.start() : undefined))
        )
      )
      const kept = await client.lrange("click_queue", 0, -1)
      expect(new Set(kept).size).toBe(610)
      expect(kept.length).toBe(610)
      expect(await client.hget("{click_queue}:ledger", "pushed")).toBe("610")
      await redis.kill()
      expect(await push(linesOf(0, 1))).toBe("unavailable")
    } finally {
      await nc.close()
      client.disconnect()
      await redis.remove()
    }
  })

  test("starts only when it is named, and not without NATS", async () => {
    const failed = await startSpoor(["receiver"], ownSettings()).then(
      () => "started",
      (error: Error) => error.message
    )
    expect(failed).toContain("exited with 78")
    expect(failed).toContain("set NATS_URL")
  })
})

const runtimes = denoProgram() === undefined ? (["bun"] as const) : (["bun", "deno"] as const)
for (const runtime of runtimes)
  test(`the gateway takes signed lines, and a new secret at SIGHUP, on ${runtime}`, async () => {
    const file = join(mkdtempSync(join(tmpdir(), "spoor-secret-")), "secret")
    writeFileSync(file, secret)
    const gateway = await start(["gateway"], { EDGE_SECRET_FILE: file }, runtime)
    const url = new URL(edgeLinesPath, gateway.address("send events"))
    const post = async (pushed: PushedLines, by = secret): Promise<number> => {
      const body = writePushedLines(pushed)
      const response = await fetch(url, {
        method: "POST",
        body: body as BodyInit,
        headers: { [signatureHeader]: signBody(by, Math.floor(Date.now() / 1000), body) }
      })
      if (response.status !== 200) return response.status
      expect(readPushedReply(await response.bytes(), pushed).count).toBe(pushed.lines.length)
      return 200
    }
    const pushed = linesOf(0, 100)
    const statuses = await Promise.all(Array.from({ length: 20 }, () => post(pushed)))
    expect(statuses).toContain(200)
    expect(new Set(statuses).difference(new Set([200, 503])).size).toBe(0)
    expect(await post(linesOf(0, 1), "a-secret-of-edges-2")).toBe(401)
    writeFileSync(file, "a-secret-of-edges-2")
    gateway.process.kill("SIGHUP")
    await eventually(
      "the new secret is in use",
      async () => (await post(pushed, "a-secret-of-edges-2")) === 200
    )
    expect(await post(linesOf(0, 1))).toBe(401)
    const metrics = await (await fetch(new URL("/metrics", gateway.address("health")))).text()
    expect(metrics).toMatch(/spoor_gateway_refused_total\{reason="signature"\} [2-9]/)
    expect(metrics).toMatch(/spoor_reloads_total\{.*EDGE_SECRET.*\} 1/)
    expect(metrics).toMatch(/spoor_gateway_responses_total\{.*401/)
  })
