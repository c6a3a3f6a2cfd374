/**
 * Promise: a rolling restart under load stores every event exactly once. A stopped process finishes and answers its
 * requests, so no request stays unanswered, no attempt is counted, and every process exits with 0. (Case 17 of the fault
 * matrix, for bridges and drainers too.)
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { type Cluster, makeCluster, realServers } from "../support/cluster.ts"
import type { Spoor } from "../support/spoor.ts"
import { expectEachOnce, type Load, startLoad } from "./steady-load.ts"

const servers = await realServers()

const rolled = ["enricher", "bridge", "drainer"] as const
type Rolled = (typeof rolled)[number]

describe.skipIf(servers === undefined)("a rolling restart duplicates nothing", () => {
  let cluster: Cluster
  let gateway: Spoor
  let load: Load
  const running: Record<Rolled, Array<Spoor>> = { enricher: [], bridge: [], drainer: [] }
  const allStarted: Array<Spoor> = []

  const begin = async (actor: Rolled): Promise<void> => {
    const started = await cluster.start(actor)
    running[actor].push(started)
    allStarted.push(started)
  }

  /** Stops the oldest instance, which must end gracefully. */
  const endOldest = async (actor: Rolled): Promise<void> => {
    const oldest = running[actor].shift()
    expect(await oldest?.end()).toBe(0)
    await expectNoAttempts()
  }

  /** Checks that no batch in flight has an attempt counted. */
  const expectNoAttempts = async (): Promise<void> => {
    const attempts = await cluster.redis.hgetall(`{${cluster.queueKey}}:attempts`)
    for (const [name, one] of Object.entries(attempts)) {
      if (!name.startsWith(">")) expect(one).toStartWith("0 ")
    }
  }

  /** The reasons for which drainers released batches, each once. */
  const releaseReasons = (): ReadonlyArray<string> => {
    const matches = allStarted.flatMap((one) => [
      ...one.output().matchAll(/batch released.*"reason":"([^"]+)"/g)
    ])
    return [...new Set(matches.map(([, reason = ""]) => reason))]
  }

  beforeAll(async () => {
    cluster = makeCluster(servers ?? {}, { LOG_LEVEL: "Debug" })
    gateway = await cluster.start("gateway")
    for (const actor of rolled.toReversed()) await Promise.all([begin(actor), begin(actor)])
    load = startLoad({
      gateways: () => [Number(gateway.address("send events").port)],
      keepAlive: 2,
      fresh: 1,
      tracker: { cluster, lines: 20 }
    })
    await load.accepts(1_000)
  }, 60_000)
  afterAll(() => cluster.stop())

  for (const actor of rolled) {
    test(`${actor}: a new instance is up before an old one is stopped`, async () => {
      for (const _ of running[actor].slice()) {
        await begin(actor)
        await endOldest(actor)
        await load.accepts(200)
      }
      expect(releaseReasons()).toEqual([])
    }, 30_000)

    test(`${actor}: an old instance is stopped before a new one is up`, async () => {
      for (const _ of running[actor].slice()) {
        await endOldest(actor)
        await load.accepts(200)
        await begin(actor)
      }
      expect(releaseReasons()).toEqual([])
    }, 30_000)
  }

  test("all instances of all actors are stopped at once and restarted", async () => {
    const both = [...rolled, ...rolled]
    await Promise.all(both.map(endOldest))
    await load.accepts(200)
    await Promise.all(both.map(begin))
    await load.accepts(200)
    expect(releaseReasons().filter((reason) => reason !== "no-responders")).toEqual([])
  }, 30_000)

  test("every event is in Kafka exactly once, and no batch has an attempt counted", async () => {
    await load.stop()
    expect(Object.keys(load.answers)).toEqual(["200"])
    await expectEachOnce(cluster, load)
  }, 40_000)
})
