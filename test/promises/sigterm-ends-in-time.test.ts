/**
 * Promise: SIGTERM ends a process in bounded time even when its work cannot be finished, here because Kafka is frozen.
 * Claimed batches are released to the queue, no attempt is counted, nothing is lost; a second signal ends it at once.
 */
import { afterAll, describe, expect, test } from "bun:test"
import { type Cluster, makeCluster } from "../support/cluster.ts"
import { eventually } from "../support/eventually.ts"
import { startBroker } from "../support/kafka-broker.ts"
import { nats } from "../support/nats.ts"
import { redisServer } from "../support/redis.ts"
import { needsProgram, serverUrl } from "../support/server.ts"
import type { Spoor } from "../support/spoor.ts"
import { drained, numbersIn } from "./steady-load.ts"

const REDIS_URL = await serverUrl(redisServer)
const NATS_URL = await serverUrl(nats)
const hasKcat = needsProgram("kcat", "Install the package kcat, an independent Kafka client.", ["-V"])
const broker = REDIS_URL && NATS_URL && hasKcat ? await startBroker() : undefined

describe.skipIf(broker === undefined)("with Kafka frozen", () => {
  let cluster: Cluster
  let pushed = 0

  const start = (): Promise<Spoor> => cluster.start("drainer", "enricher", "bridge")

  const push = async (count: number): Promise<void> => {
    const lines = Array.from({ length: count }, () => `1.2.3.4 1795206900000 h p /t/a n=${pushed++} curl/8`)
    await cluster.redis.rpush(cluster.queueKey, ...lines)
  }

  /** A process that has stored events and now holds batches that it cannot store. */
  const stuck = async (more: Record<string, string>): Promise<Spoor> => {
    cluster = makeCluster(
      { REDIS_URL: REDIS_URL ?? "", NATS_URL: NATS_URL ?? "", KAFKA_BROKERS: broker?.url ?? "" },
      more
    )
    pushed = 0
    const spoor = await start()
    await push(100)
    await drained(cluster)
    broker?.pause()
    await push(1_500)
    await eventually("batches are in flight", async () => (await cluster.depth()).claimed > 0)
    return spoor
  }

  /** When Kafka continues, another process stores all events before any lease ends, with no attempt counted. */
  const expectNothingLost = async (): Promise<void> => {
    const attempts = await cluster.redis.hgetall(`{${cluster.queueKey}}:attempts`)
    for (const [name, one] of Object.entries(attempts)) {
      if (!name.startsWith(">")) expect(one).toStartWith("0 ")
    }
    broker?.resume()
    await start()
    await drained(cluster)
    const stored = numbersIn(cluster.read(cluster.topic).map(({ value }) => value.toString()))
    expect([...new Set(stored)]).toEqual(Array.from({ length: pushed }, (_, n) => n))
    expect((await cluster.depth()).deadLetters).toBe(0)
  }

  afterAll(async () => {
    broker?.resume()
    await cluster?.stop()
    await broker?.remove()
  })

  test("it ends gracefully once the batches in flight have failed", async () => {
    const spoor = await stuck({})
    expect(await spoor.end()).toBe(0)
    await expectNothingLost()
    await cluster.stop()
  }, 60_000)

  test("it ends at DRAIN_TIMEOUT if that is sooner, after releasing the batches", async () => {
    const spoor = await stuck({ DRAIN_TIMEOUT: "2 seconds" })
    expect(await spoor.end()).toBe(1)
    await expectNothingLost()
    await cluster.stop()
  }, 60_000)

  test("it ends at once at a second signal", async () => {
    const spoor = await stuck({})
    const ended = spoor.end()
    await eventually("it has received the first signal", () => spoor.output().includes("SIGTERM: draining"))
    let isOver = false
    void ended.then(() => {
      isOver = true
    })
    await eventually("a later one ends it", () => {
      spoor.process.kill("SIGTERM")
      return isOver
    })
    expect(await ended).toBe(130)
    expect((await cluster.depth()).claimed).toBeGreaterThan(0)
  }, 60_000)
})
