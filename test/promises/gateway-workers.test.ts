/**
 * Promise: a gateway may run in several processes on one port. Each gets a share of the events; one that dies is replaced
 * while the others continue; SIGTERM drains all, and each answered event is in the queue; none outlives the supervisor.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { randomUUID } from "node:crypto"
import { existsSync, readdirSync } from "node:fs"
import { createServer } from "node:net"
import { Redis } from "ioredis"
import { denoProgram } from "../support/deno.ts"
import { eventually } from "../support/eventually.ts"
import { childrenOf, isRunning } from "../support/is-running.ts"
import { redisServer } from "../support/redis.ts"
import { serverUrl } from "../support/server.ts"
import { launch, ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"
import { type Load, numbersIn, startLoad } from "./steady-load.ts"

const url = await serverUrl(redisServer)
const runtimes = ["bun", ...(denoProgram() === undefined ? [] : (["deno"] as const))] as const
const workers = 3

const healthPorts = (spoor: Spoor): ReadonlyArray<number> =>
  Array.from(spoor.output().matchAll(/^ {2}health\s+http:\/\/127\.0\.0\.1:(\d+)/gm), ([, port]) =>
    Number(port)
  )

/** The number of events that the worker with metrics on that port has received; 0 when it has ended. */
const receivedBy = async (opsPort: number): Promise<number> => {
  const answer = await fetch(`http://127.0.0.1:${opsPort}/metrics`).catch(() => undefined)
  const figures = (await answer?.text()) ?? ""
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
    const start = async (more: Readonly<Record<string, string>> = {}): Promise<Spoor> => {
      const args = ["gateway", "--workers", String(workers)]
      const spoor = await startSpoor(args, { ...settings, ...more }, runtime)
      running.add(spoor)
      await eventually("all workers are up", () => healthPorts(spoor).length === workers)
      return spoor
    }
    const portOf = (spoor: Spoor): number => Number(spoor.address("send events").port)
    const kept = async (): Promise<ReadonlyArray<number>> => numbersIn(await redis.lrange(queueKey, 0, -1))

    /** Checks that each answered event is in the queue; one whose connection was lost may be there as well. */
    const expectKept = async (load: Load): Promise<void> => {
      const there = new Set(await kept())
      expect(load.accepted().filter((event) => !there.has(event))).toEqual([])
    }

    beforeAll(() => {
      redis = new Redis(url ?? "")
    })
    afterAll(async () => {
      await Promise.all(Array.from(running, (one) => one.end("SIGKILL")))
      await redis.del(queueKey, `${queueKey}:ledger`)
      redis.disconnect()
    })

    // With a cap on connections, the connection guard shares the port, as always on Deno.
    for (const more of runtime === "bun" ? [{}, { GATEWAY_MAX_CONNECTIONS: "100" }] : [{}]) {
      test(`gives each worker a share ${JSON.stringify(more)}`, async () => {
        await redis.del(queueKey)
        const spoor = await start(more)
        const ports = healthPorts(spoor)
        const load = startLoad({ gateways: () => [portOf(spoor)], fresh: 4 })
        await eventually("all workers have received some", async () =>
          (await Promise.all(ports.map(receivedBy))).every((events) => events > 0)
        )
        await load.stop()
        const received = await Promise.all(ports.map(receivedBy))
        const { length } = load.accepted()
        expect(received.reduce((sum, events) => sum + events, 0)).toBeGreaterThanOrEqual(length)
        await expectKept(load)
        expect(spoor.output().match(/ {2}send events /g)).toHaveLength(1)
        expect(await spoor.end()).toBe(0)
        // The workers share no file.
        const folder = settings.DATA_DIR ?? ""
        expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([])
      }, 60_000)
    }

    test("replaces a worker that dies while the others continue", async () => {
      await redis.del(queueKey)
      const spoor = await start()
      const before = childrenOf(spoor.process.pid)
      expect(before.length).toBe(workers)
      const load = startLoad({ gateways: () => [portOf(spoor)], keepAlive: 3, fresh: 3 })
      await load.accepts(100)
      process.kill(before[0] ?? 0, "SIGKILL")
      await load.accepts(100)
      await eventually("the replacement is up", () => healthPorts(spoor).length === workers + 1)
      const after = childrenOf(spoor.process.pid)
      expect(after.length).toBe(workers)
      expect(after.filter((pid) => before.includes(pid)).length).toBe(workers - 1)
      const replacement = healthPorts(spoor).at(-1) ?? 0
      await eventually("the replacement gets its share", async () => (await receivedBy(replacement)) > 0)
      await load.stop()
      for (const ending of Object.keys(load.answers)) expect(["200", "refused", "reset"]).toContain(ending)
      await expectKept(load)
      expect(await spoor.end()).toBe(0)
      expect(after.filter(isRunning)).toEqual([])
    }, 60_000)

    test("drains all workers at SIGTERM under load", async () => {
      await redis.del(queueKey)
      const spoor = await start()
      const load = startLoad({ gateways: () => [portOf(spoor)], keepAlive: 9, fresh: 3 })
      await load.accepts(300)
      expect(await spoor.end()).toBe(0)
      await load.stop()
      for (const ending of Object.keys(load.answers)) expect(["200", "refused", "reset"]).toContain(ending)
      await expectKept(load)
    }, 60_000)

    test("leaves no worker behind when its supervisor is killed", async () => {
      await redis.del(queueKey)
      const spoor = await start()
      const pids = childrenOf(spoor.process.pid)
      expect(pids.length).toBe(workers)
      const load = startLoad({ gateways: () => [portOf(spoor)], keepAlive: 3 })
      await load.accepts(50)
      spoor.process.kill("SIGKILL")
      await eventually("all workers have ended", () => !pids.some(isRunning))
      await load.stop()
      await expectKept(load)
    }, 60_000)

    test("does not share its port with other processes, with workers or without", async () => {
      const spoor = await start()
      const port = String(portOf(spoor))
      for (const args of [["gateway"], ["gateway", "--workers", "1"], ["gateway", "--workers", "2"]]) {
        const other = launch(args, { ...settings, GATEWAY_PORT: port }, runtime)
        expect(await other.ended).toBe(1)
        expect(other.output()).toContain(`spoor: Port ${port} is already in use on 127.0.0.1.`)
      }
      expect(await spoor.end()).toBe(0)
    }, 60_000)

    test("does not start on a port in use or with invalid settings, and prints the reason once", async () => {
      const other = createServer().listen(0, "127.0.0.1")
      await eventually("the other server listens", () => other.listening)
      const address = other.address()
      const taken = String(typeof address === "object" ? address?.port : "")
      const cases = [
        [{ GATEWAY_PORT: taken }, 1, `Port ${taken} is already in use`],
        [{ OPS_PORT: taken }, 1, `Port ${taken} is already in use`],
        [{ TRUSTED_PROXIES: "nonsense" }, 78, '"nonsense" is neither an IP address'],
        [{ REDIS_URL: "nonsense" }, 78, "A Redis URL must read"],
        [{ REDIS_URL: "" }, 78, "--workers requires REDIS_URL"],
        [{ OPS_PORT: "65534" }, 78, "OPS_PORT=65534 is too high for 3 workers"]
      ] as const
      for (const [more, code, sentence] of cases) {
        const { ended, output } = launch(["gateway", "--workers", "3"], { ...settings, ...more }, runtime)
        expect(await ended).toBe(code)
        expect(output().split("spoor: ")).toHaveLength(2)
        expect(output()).toContain(sentence)
      }
      other.close()
    }, 60_000)
  })
}

const here = test.skipIf(url === undefined || process.platform !== "linux")

here(
  "gives the workers consecutive ports that begin with OPS_PORT",
  async () => {
    const opsPort = await freePair()
    const settings = ownSettings({ REDIS_URL: url ?? "", OPS_PORT: String(opsPort) })
    const spoor = await startSpoor(["gateway", "--workers", "2"], settings)
    await eventually("both workers are up", () => healthPorts(spoor).length === 2)
    expect(healthPorts(spoor)).toEqual([opsPort, opsPort + 1])
    expect(spoor.output()).toContain("Spoor is running: gateway (worker 2 of 2)")
    expect(await spoor.end()).toBe(0)
  },
  60_000
)

test("only the gateway has workers, within limits", async () => {
  for (const [args, sentence] of [
    [["drainer", "--workers", "2"], "--workers works with the gateway alone"],
    [["drainer", "--workers", "1"], "--workers works with the gateway alone"],
    [["gateway", "drainer", "--workers", "2"], "--workers works with the gateway alone"],
    [["--all", "--workers", "2"], "--workers works with the gateway alone"],
    [["gateway", "--workers", "0"], "from 1 to 256"],
    [["gateway", "--workers", "-1"], "from 1 to 256"],
    [["gateway", "--workers", "x"], "from 1 to 256"],
    [["gateway", "--workers", "2.5"], "from 1 to 256"],
    [["gateway", "--workers", "1000"], "from 1 to 256"],
    [["gateway", "--workers"], "--workers needs a value: <number>"]
  ] as const) {
    const { ended, output } = launch(args, ownSettings())
    expect(await ended).toBe(64)
    expect(output()).toContain(sentence)
    expect(output().trim().split("\n")).toHaveLength(1)
  }
}, 60_000)

const listenOn = (port: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(undefined))
    server.listen(port, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" ? address?.port : undefined))
    })
  })

/** A free port whose successor is free too. */
const freePair = async (): Promise<number> => {
  for (;;) {
    const port = await listenOn(0)
    if (port !== undefined && (await listenOn(port + 1)) !== undefined) return port
  }
}
