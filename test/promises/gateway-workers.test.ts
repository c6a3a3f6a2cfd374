/**
 * Promise: a gateway may run in several processes on one port. Each has a share of the events; one that dies is
 * replaced; SIGTERM drains all, and what was answered is in the queue; none outlives the supervisor.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { execFileSync, spawnSync } from "node:child_process"
import { randomUUID } from "node:crypto"
import { createServer } from "node:net"
import { Redis } from "ioredis"
import { denoProgram } from "../support/deno.ts"
import { eventually } from "../support/eventually.ts"
import { redisServer } from "../support/redis.ts"
import { serverUrl } from "../support/server.ts"
import { launch, ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"
import { numbersIn, startLoad } from "./steady-load.ts"

const url = await serverUrl(redisServer)
const runtimes = ["bun", ...(denoProgram() === undefined ? [] : (["deno"] as const))] as const
const workers = 3

/** Processes that this one started and that still run. */
const childrenOf = (spoor: Spoor): ReadonlyArray<number> =>
  spawnSync("pgrep", ["-P", String(spoor.process.pid)], { encoding: "utf8" })
    .stdout.split("\n")
    .flatMap((line) => (line === "" ? [] : [Number(line)]))

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return !/\) Z /.test(execFileSync("cat", [`/proc/${pid}/stat`], { encoding: "utf8" }))
  } catch {
    return false
  }
}

const healthPorts = (spoor: Spoor): ReadonlyArray<number> =>
  Array.from(spoor.output().matchAll(/^ {2}health\s+http:\/\/127\.0\.0\.1:(\d+)/gm), ([, port]) =>
    Number(port)
  )

const receivedBy = async (opsPort: number): Promise<number> => {
  const figures = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text()
  return Number(
    /^spoor_actor_events_total\{actor="gateway",outcome="received"\} (\d+)/m.exec(figures)?.[1] ?? 0
  )
}

for (const runtime of runtimes) {
  describe.skipIf(url === undefined || process.platform !== "linux")(`a gateway on ${runtime}`, () => {
    const queueKey = `queue-${randomUUID().slice(0, 8)}`
    const settings = ownSettings({ REDIS_URL: url ?? "", QUEUE_KEY: queueKey })
    const running = new Set<Spoor>()
    let redis: Redis

    /** Returns when all workers are up. */
    const start = async (): Promise<Spoor> => {
      const spoor = await startSpoor(["gateway", "--workers", String(workers)], settings, runtime)
      running.add(spoor)
      await eventually("all workers are up", () => healthPorts(spoor).length === workers)
      return spoor
    }
    const kept = async (): Promise<ReadonlyArray<number>> => numbersIn(await redis.lrange(queueKey, 0, -1))

    beforeAll(() => {
      redis = new Redis(url ?? "")
    })
    afterAll(async () => {
      await Promise.all(Array.from(running, (one) => one.end("SIGKILL")))
      redis.disconnect()
    })

    test("gives each worker a share, and a worker that dies is replaced", async () => {
      const spoor = await start()
      const port = Number(spoor.address("send events").port)
      const load = startLoad({ gateways: () => [port], fresh: 4 })
      await load.goesOn(200)
      await load.stop()
      const received = await Promise.all(healthPorts(spoor).map(receivedBy))
      expect(received.every((events) => events > 0)).toBe(true)
      expect(received.reduce((sum, events) => sum + events, 0)).toBe(load.taken().length)
      expect(await kept()).toEqual(load.taken())

      const before = childrenOf(spoor)
      expect(before.length).toBe(workers)
      process.kill(before[0] ?? 0, "SIGKILL")
      await eventually("another is up", () => healthPorts(spoor).length === workers + 1)
      const after = childrenOf(spoor)
      expect(after.length).toBe(workers)
      expect(after.filter((pid) => before.includes(pid)).length).toBe(workers - 1)
      expect(await spoor.end()).toBe(0)
      expect(after.filter(isRunning)).toEqual([])
    }, 60_000)

    test("drains all workers at SIGTERM under load", async () => {
      await redis.del(queueKey)
      const spoor = await start()
      const port = Number(spoor.address("send events").port)
      const load = startLoad({ gateways: () => [port], keeping: 9, fresh: 3 })
      await load.goesOn(300)
      expect(await spoor.end()).toBe(0)
      await load.stop()
      for (const ending of Object.keys(load.answers)) expect(["200", "refused", "reset"]).toContain(ending)
      expect(await kept()).toEqual(load.taken())
    }, 60_000)

    test("leaves no worker behind when its supervisor is killed", async () => {
      const spoor = await start()
      const pids = childrenOf(spoor)
      expect(pids.length).toBe(workers)
      await spoor.end("SIGKILL")
      await eventually("all workers have ended", () => !pids.some(isRunning))
    }, 60_000)

    test("does not start where others listen, nor with settings that cannot work, and says why", async () => {
      const other = createServer().listen(0, "127.0.0.1")
      await eventually("it listens", () => other.listening)
      const address = other.address()
      const taken = String(typeof address === "object" ? address?.port : "")
      const started = (more: Readonly<Record<string, string>>) =>
        launch(["gateway", "--workers", "2"], { ...settings, ...more }, runtime)
      const inUse = started({ GATEWAY_PORT: taken })
      expect(await inUse.ended).toBe(1)
      expect(inUse.output()).toContain(`Port ${taken} `)
      other.close()
      const wrong = started({ TRUSTED_PROXIES: "nonsense" })
      expect(await wrong.ended).toBe(78)
      expect(wrong.output()).toContain('"nonsense" is neither an IP address')
      expect(wrong.output()).toContain("The workers cannot start")
    }, 60_000)
  })
}

test("only the gateway has workers", async () => {
  for (const args of [
    ["drainer", "--workers", "2"],
    ["gateway", "drainer", "--workers", "2"],
    ["gateway", "--workers", "0"]
  ]) {
    const { ended, output } = launch(args, ownSettings())
    expect(await ended).toBe(64)
    expect(output()).toContain("--workers is")
  }
}, 30_000)
