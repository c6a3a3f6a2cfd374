/**
 * Promise 1: an outage loses nothing. While a system is down only the backlog in the queue grows: no dead letter, no
 * attempt counted; after its return the backlog drains by itself.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { type Cluster, makeCluster, realServers } from "../support/cluster.ts"
import { eventually } from "../support/eventually.ts"
import { canStartNats, type NatsServer, privateNats } from "../support/nats.ts"
import type { Spoor } from "../support/spoor.ts"

const servers = await realServers()

describe.skipIf(servers === undefined || !canStartNats)("an outage loses nothing", () => {
  let cluster: Cluster
  let nats: NatsServer
  let bridge: Spoor
  let pushed = 0

  const push = async (count: number): Promise<void> => {
    const lines = Array.from({ length: count }, () => `1.2.3.4 1795206900000 h p /t/a n=${pushed++} curl/8`)
    await cluster.redis.rpush(cluster.queueKey, ...lines)
  }

  const allIsStored = async (): Promise<void> => {
    await eventually("the queue is empty", async () => {
      const { waiting, claimed } = await cluster.depth()
      return waiting === 0 && claimed === 0
    })
    const numbers = new Set(cluster.read(cluster.topic).map(({ value }) => value.toString().split(" ")[2]))
    expect(numbers.size).toBe(pushed)
    expect((await cluster.depth()).deadLetters).toBe(0)
    expect(await cluster.redis.hgetall(`{${cluster.queueKey}}:attempts`)).toEqual({})
  }

  /** Each batch in flight was tried and released, and none has an attempt counted. */
  const isHeldBack = (): Promise<boolean> =>
    eventually("batches were tried and released", async () => {
      const attempts = Object.values(await cluster.redis.hgetall(`{${cluster.queueKey}}:attempts`))
      expect(attempts.length).toBeGreaterThan(0)
      for (const attempt of attempts) expect(attempt).toStartWith("0 ")
      expect((await cluster.depth()).deadLetters).toBe(0)
      return drainer.output().includes("batch released")
    })

  let drainer: Spoor
  beforeAll(async () => {
    nats = await privateNats()
    await nats.start()
    cluster = makeCluster({ ...servers, NATS_URL: nats.url }, { LOG_LEVEL: "Debug" })
    bridge = await cluster.start("bridge")
    await cluster.start("enricher")
    drainer = await cluster.start("drainer")
  })
  afterAll(async () => {
    await cluster.stop()
    await nats.remove()
  })

  test("without a bridge the backlog stays in the queue, and drains when one is back", async () => {
    await push(100)
    await allIsStored()
    expect(await bridge.end()).toBe(0)
    await push(5_000)
    await isHeldBack()
    bridge = await cluster.start("bridge")
    await allIsStored()
  }, 60_000)

  test("after a restart of NATS everything continues by itself", async () => {
    await push(5_000)
    await nats.kill()
    await push(5_000)
    await eventually("the loss is noticed", () =>
      /batch released[\s\S]*batch released/.test(drainer.output())
    )
    expect((await cluster.depth()).waiting).toBeGreaterThan(0)
    await nats.start()
    await allIsStored()
  }, 60_000)
})
