/** The actors as separate processes on real Redis, NATS and Kafka: the external contract, and load sharing. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { connect } from "@nats-io/transport-node"
import vectors from "../contracts/wire/wire.json" with { type: "json" }
import { type Cluster, makeCluster, realServers } from "../support/cluster.ts"
import { eventually } from "../support/eventually.ts"
import type { Spoor } from "../support/spoor.ts"

interface Stats {
  readonly name: string
  readonly endpoints: ReadonlyArray<{ readonly num_requests: number }>
}

const servers = await realServers()

describe.skipIf(servers === undefined)("on real servers", () => {
  let cluster: Cluster
  let enrichers: Array<Spoor>
  let bridges: Array<Spoor>

  const isDrained = async (): Promise<boolean> => {
    const { waiting, claimed } = await cluster.depth()
    return waiting === 0 && claimed === 0
  }

  beforeAll(async () => {
    cluster = makeCluster(servers ?? {}, { KAFKA_TOPICS: "clicks,example" })
    bridges = await Promise.all([cluster.start("bridge"), cluster.start("bridge")])
    enrichers = await Promise.all([
      cluster.start("enricher"),
      cluster.start("enricher"),
      cluster.start("enricher")
    ])
    await Promise.all([cluster.start("drainer"), cluster.start("event-counter"), cluster.start("viewer")])
  })
  afterAll(() => cluster.stop())

  test("every test vector pushed to Redis is stored in Kafka as the contract defines", async () => {
    const lines = [...vectors.pushtech, ...vectors.adtekio, ...vectors.dead_letter].map(({ line }) => line)
    await cluster.redis.rpush(cluster.queueKey, ...lines.map((line) => Buffer.from(line)))
    await eventually("the queue is empty", isDrained)

    const pushtech = cluster.read(cluster.topic)
    expect(pushtech).toHaveLength(vectors.pushtech.length)
    vectors.pushtech.forEach(({ event, meta, params }, i) => {
      const record = pushtech[i]
      const [type, pairs = "", query] = record?.value.toString().split(" ") ?? []
      const found = pairs.split("&").map((pair) => pair.split("="))
      expect(type).toBe(event)
      expect(query).toBe(params)
      const keys = "type browser engine version os host pod ts ip klag country city"
      expect(found.map(([key]) => key)).toEqual(keys.split(" "))
      const decoded = Object.fromEntries(found.map(([key, value = ""]) => [key, decodeURIComponent(value)]))
      expect(decoded).toMatchObject({
        ...meta,
        klag: String(Number(record?.headers.claimed) - Number(decoded.ts))
      })
      expect(record?.headers).toMatchObject({ v: "1", received: decoded.ts })
    })

    for (const { topic, event, meta, params } of vectors.adtekio) {
      const values = cluster.read(topic).map(({ value }) => value.toString().split(" "))
      const matching = values.filter(([path, , query]) => path === event && query === params)
      expect(matching.length).toBeGreaterThan(0)
      for (const [, pairs = ""] of matching) {
        const found = pairs.split("&").map((pair) => pair.split("="))
        const keys = "bot_name country device device_name ip klag platform ts"
        expect(found.map(([key]) => key)).toEqual(keys.split(" "))
        const { klag: _, ...fixed } = meta ?? {}
        expect(Object.fromEntries(found)).toMatchObject(fixed)
      }
    }

    const letters = (await cluster.redis.lrange(cluster.deadLetterKey, 0, -1)).map((text) => JSON.parse(text))
    expect(
      letters.map(({ reason, line }) => ({ reason, line: Buffer.from(line, "base64").toString() }))
    ).toEqual(vectors.dead_letter.map(({ reason, line }) => ({ reason, line })))
  })

  test("bytes that are not text are stored unchanged, one record for each line", async () => {
    const before = cluster.read(cluster.topic).length
    const query = Buffer.from([...Array(256).keys()].filter((byte) => byte !== 0x20))
    const line = Buffer.concat([
      Buffer.from("1.2.3.4 1795206900000 h p /t/bytes "),
      query,
      Buffer.from(" agent")
    ])
    await cluster.redis.rpush(cluster.queueKey, line)
    await eventually("the queue is empty", isDrained)
    const after = cluster.read(cluster.topic)
    expect(after).toHaveLength(before + 1)
    const value = after.find((record) => record.value.toString("latin1").startsWith("bytes "))?.value
    expect(value?.subarray(-query.length).equals(query)).toBe(true)
  })

  test("$SRV.STATS shows every running actor with its counts", async () => {
    const connection = await connect({ servers: servers?.NATS_URL ?? "" })
    const ask = async (): Promise<ReadonlyArray<Stats>> => {
      const answers: Array<Stats> = []
      for await (const message of await connection.requestMany("$SRV.STATS", "", { maxWait: 500 })) {
        answers.push(message.json())
      }
      return answers
    }
    const running = "bridge bridge drainer enricher enricher enricher event-counter viewer".split(" ")
    expect((await ask()).map(({ name }) => name).toSorted()).toEqual(running)
    for (const name of new Set(running)) {
      await eventually(`${name} has handled messages`, async () =>
        (await ask()).some((answer) => answer.name === name && (answer.endpoints[0]?.num_requests ?? 0) > 0)
      )
    }
    await connection.close()
  }, 60_000)

  test("an enricher is killed, a bridge is stopped, others are started: every line is stored", async () => {
    const count = 20_000
    const lines = Array.from(
      { length: count },
      (_, n) => `1.2.3.4 1795206900000 h p /t/moving n=${n} curl/8.${n % 100}`
    )
    for (let at = 0; at < count; at += 1_000)
      await cluster.redis.rpush(cluster.queueKey, ...lines.slice(at, at + 1_000))
    await eventually("draining has begun", async () => (await cluster.redis.llen(cluster.queueKey)) < count)
    await enrichers[0]?.end("SIGKILL")
    const [code] = await Promise.all([
      bridges[0]?.end("SIGTERM"),
      cluster.start("enricher"),
      cluster.start("bridge")
    ])
    expect(code).toBe(0)
    await eventually("the queue is empty", isDrained, 50_000)
    const moving = cluster.read(cluster.topic).filter(({ value }) => value.toString().startsWith("moving "))
    const found = new Set(moving.map(({ value }) => value.toString().split(" ")[2]))
    expect(found.size).toBe(count)
    expect((await cluster.depth()).deadLetters).toBe(vectors.dead_letter.length)
  }, 60_000)
})
