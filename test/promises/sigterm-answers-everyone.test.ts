/**
 * Promise: SIGTERM under load leaves no request unanswered. Every accepted request is answered with 200 and its event is
 * stored; behind a load balancer no client is affected; the process exits with 0. (Case 2 of the fault matrix.)
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { makeSqlite } from "../../bridge/event-log/sqlite/log.ts"
import type { Topic } from "../../contracts/ids.ts"
import { type Cluster, makeCluster, realServers } from "../support/cluster.ts"
import { denoProgram } from "../support/deno.ts"
import { eventually } from "../support/eventually.ts"
import { newName, startReader } from "../support/logs.ts"
import { ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"
import { numbersIn, startLoad } from "./steady-load.ts"

const servers = await realServers()
const runtimes = ["bun", ...(denoProgram() === undefined ? [] : (["deno"] as const))] as const

const portOf = (spoor: Spoor): number => Number(spoor.address("send events").port)

for (const runtime of runtimes) {
  describe.skipIf(servers === undefined)(`a gateway on ${runtime}`, () => {
    let cluster: Cluster
    const running = new Set<Spoor>()

    const start = async (): Promise<Spoor> => {
      const gateway = await startSpoor(
        ["gateway"],
        { ...cluster.settings, DRAIN_DELAY: "200 millis" },
        runtime
      )
      running.add(gateway)
      return gateway
    }

    /** The numbers of the events in Redis, in order, with duplicates. */
    const kept = async (): Promise<ReadonlyArray<number>> =>
      numbersIn(await cluster.redis.lrange(cluster.queueKey, 0, -1))

    beforeAll(() => {
      cluster = makeCluster(servers ?? {})
    })
    afterAll(async () => {
      await Promise.all(Array.from(running, (one) => one.end("SIGKILL")))
      await cluster.stop()
    })

    test("is replaced behind a load balancer without a client noticing", async () => {
      const balancer = makeBalancer()
      let old = await start()
      balancer.add(portOf(old))
      await eventually("the first one is ready", () => balancer.ready().length === 1)
      const load = startLoad({ gateways: balancer.ready, keepAlive: 6, fresh: 3 })
      await load.accepts(200)
      for (let n = 0; n < 2; n++) {
        const next = await start()
        balancer.add(portOf(next))
        await eventually("the new one is ready", () => balancer.ready().length === 2)
        expect(await old.end()).toBe(0)
        old = next
        await load.accepts(200)
      }
      await load.stop()
      balancer.stop()
      expect(await old.end()).toBe(0)

      expect(Object.keys(load.answers)).toEqual(["200"])
      expect(await kept()).toEqual(load.accepted())
    }, 30_000)

    test("answers all accepted requests while clients keep sending to this gateway alone", async () => {
      await cluster.redis.del(cluster.queueKey)
      const gateway = await start()
      const load = startLoad({ gateways: () => [portOf(gateway)], keepAlive: 6, fresh: 3 })
      await load.accepts(200)
      expect(await gateway.end()).toBe(0)
      await load.stop()

      for (const ending of Object.keys(load.answers)) expect(["200", "refused", "reset"]).toContain(ending)
      expect(await kept()).toEqual(load.accepted())
    }, 30_000)
  })

  test(`all actors in one process on ${runtime}: each answered event is in the log exactly once`, async () => {
    const settings = ownSettings({ DATA_DIR: mkdtempSync(join(tmpdir(), "spoor-data-")) })
    let spoor = await startSpoor(["--all"], settings, runtime)
    const load = startLoad({ gateways: () => [portOf(spoor)], keepAlive: 2, fresh: 1 })
    try {
      await load.accepts(150)
      expect(await spoor.end()).toBe(0)
      spoor = await startSpoor(["--all"], settings, runtime)
      await load.accepts(50)
      await load.stop()
      const stored = await numbersInFile(settings.DATA_DIR ?? "", load.accepted().length)
      expect(await spoor.end()).toBe(0)
      expect(stored).toEqual(load.accepted())
    } finally {
      await load.stop()
      await spoor.end("SIGKILL")
    }
  }, 60_000)
}

/** Ports that answer ready, as a load balancer sees them: polled from `add` until `stop`. */
const makeBalancer = () => {
  const all = new Set<number>()
  let ready: ReadonlyArray<number> = []
  let isOver = false
  const poll = async (): Promise<void> => {
    while (!isOver) {
      const answers = await Promise.all(
        Array.from(all, async (port) => {
          const answer = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined)
          return answer?.status === 200 ? [port] : []
        })
      )
      ready = answers.flat()
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  void poll()
  return {
    add: (port: number) => void all.add(port),
    ready: () => ready,
    stop: () => {
      isOver = true
    }
  }
}

/** The event numbers in the embedded log once there are `count`, in order, with duplicates. */
const numbersInFile = (directory: string, count: number): Promise<ReadonlyArray<number>> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const log = yield* makeSqlite(directory)
        const reader = startReader(log, {
          group: newName("group"),
          topics: ["events" as Topic],
          from: "oldest"
        })
        yield* Effect.promise(() => reader.has(count))
        yield* Effect.promise(reader.stop)
        return numbersIn(reader.texts())
      })
    )
  )
