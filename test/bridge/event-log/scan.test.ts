/** Scans of Kafka beyond the contract: transactions, unusual timestamps, records deleted meanwhile, and failing brokers. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { Effect, Fiber } from "effect"
import { type Admin, Kafka, logLevel } from "kafkajs"
import { makeClients } from "../../../bridge/event-log/kafka/client.ts"
import { type Cluster, makeCluster } from "../../../bridge/event-log/kafka/cluster.ts"
import { fetchNext, type Stretch, stretchesSince } from "../../../bridge/event-log/kafka/fetch.ts"
import { batchesOf } from "../../../bridge/event-log/kafka/fetched-batches.ts"
import { makeKafka } from "../../../bridge/event-log/kafka/log.ts"
import type { Topic } from "../../../contracts/ids.ts"
import { startProxy } from "../../faults/tcp-proxy.ts"
import { eventually } from "../../support/eventually.ts"
import { kafka } from "../../support/kafka.ts"
import { type Broker, startBroker, startBrokers } from "../../support/kafka-broker.ts"
import { type Log, newName, newTopic, openKafka, record, textOf } from "../../support/logs.ts"
import { hasProgram, serverUrl } from "../../support/server.ts"

const run = <A>(effect: Effect.Effect<A, unknown>): Promise<A> => Effect.runPromise(effect)
const withLog = (broker: string, body: (log: Log) => Promise<void>): Promise<void> =>
  run(Effect.scoped(Effect.flatMap(openKafka(broker), (log) => Effect.promise(() => body(log)))))

/** A Kafka client of another program. */
const foreign = (broker: string): Kafka =>
  new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING, retry: { retries: 20, maxRetryTime: 500 } })

const withAdmin = async (broker: string, body: (admin: Admin) => Promise<void>): Promise<void> => {
  const admin = foreign(broker).admin()
  await admin.connect()
  await body(admin).finally(() => admin.disconnect())
}

/** A new topic of one partition. */
const narrowTopic = async (broker: string, ...settings: ReadonlyArray<{ name: string; value: string }>) => {
  const topic = newTopic()
  await withAdmin(broker, async (admin) => {
    await admin.createTopics({
      topics: [{ topic, numPartitions: 1, replicationFactor: 1, configEntries: [...settings] }]
    })
  })
  return topic
}

const withCluster = async (broker: string, body: (cluster: Cluster) => Promise<void>): Promise<void> => {
  const address = { brokers: [broker], tls: false, login: undefined }
  const cluster = makeCluster(makeClients(address).open({ main: 3_000 }))
  await body(cluster).finally(cluster.close)
}

/** The range to fetch of a topic with one partition. */
const onlyStretch = async (cluster: Cluster, topic: Topic): Promise<Stretch> => {
  const [stretch, ...others] = await stretchesSince(cluster, [topic], 0)
  if (stretch === undefined || others.length > 0)
    throw new Error(`${topic} has not one partition with records.`)
  return stretch
}

/** The next records of the range. */
const valuesNext = async (cluster: Cluster, stretch: Stretch): Promise<ReadonlyArray<string>> => {
  const next = batchesOf(await fetchNext(cluster, stretch))
  const values: Array<string> = []
  for (let batch = await next(); batch !== undefined; batch = await next())
    values.push(...batch.records.map(textOf))
  return values
}

/** The texts of all records of a scan. `onBatch` is called before each batch, with the earlier texts. */
const textsIn = async (
  log: Log,
  topic: Topic,
  since = 0,
  onBatch: (before: number) => void = () => {}
): Promise<ReadonlyArray<string>> => {
  const texts: Array<string> = []
  const scan = log.scan({ topics: [topic], since }, ({ records }) => {
    onBatch(texts.length)
    texts.push(...records.map(textOf))
    return false
  })
  expect(await run(scan)).toBe(false)
  return texts
}

/** Appends the texts 0 to `count` - 1, in batches that go to different partitions. */
const fill = async (log: Log, topic: Topic, count: number): Promise<ReadonlyArray<string>> => {
  const texts = Array.from({ length: count }, (_, i) => `${i}`)
  await eventually("the topic is there", () => run(Effect.isSuccess(log.ensureTopics([topic]))))
  for (let from = 0; from < count; from += 1_000) {
    const records = texts.slice(from, from + 1_000).map((text) => record(topic, text))
    const appended = await run(log.append(records, `${from}`))
    expect(appended.every(({ stored }) => stored)).toBe(true)
  }
  return texts
}

const broker = await serverUrl(kafka)
describe.skipIf(broker === undefined)("a scan of Kafka", () => {
  const url = broker ?? ""

  test("returns committed transactions, ends after their markers, and does not wait for open ones", () =>
    withLog(url, async (log) => {
      const topic = await narrowTopic(url)
      const transactional = () =>
        foreign(url).producer({
          transactionalId: newName("transaction"),
          maxInFlightRequests: 1,
          idempotent: true
        })
      const [closed, open] = [transactional(), transactional()]
      await Promise.all([closed.connect(), open.connect()])
      const send = async (end: "commit" | "abort", text: string): Promise<void> => {
        const transaction = await closed.transaction()
        await transaction.send({ topic, messages: [{ value: text }, { value: text }] })
        await transaction[end]()
      }
      await send("abort", "never")
      expect(await textsIn(log, topic)).toEqual([])
      await send("commit", "stored")
      await send("abort", "never")
      expect(await textsIn(log, topic)).toEqual(["stored", "stored"])
      const pending = await open.transaction()
      await pending.send({ topic, messages: [{ value: "not yet" }] })
      await run(log.append([record(topic, "behind")], "x"))
      expect(await textsIn(log, topic)).toEqual(["stored", "stored"])
      await pending.commit()
      await eventually("all is seen", async () => (await textsIn(log, topic)).length === 4)
      expect(await textsIn(log, topic)).toEqual(["stored", "stored", "not yet", "behind"])
      await Promise.all([closed.disconnect(), open.disconnect()])
    }))

  test("accepts records without a timestamp, out of time order, and without a value", () =>
    withLog(url, async (log) => {
      const topic = await narrowTopic(url)
      const producer = foreign(url).producer()
      await producer.connect()
      const now = Date.now()
      const send = (timestamp: number, value: string | null) =>
        producer.send({ topic, messages: [{ timestamp: `${timestamp}`, value }] })
      await send(-1, "timeless")
      await send(now - 1_000, "old")
      await send(now, null)
      await send(now - 2_000, "late")
      await send(-1, "timeless too")
      await producer.disconnect()
      expect(await textsIn(log, topic)).toEqual(["timeless", "old", "", "late", "timeless too"])
      expect(await textsIn(log, topic, now - 1_500)).toEqual(["old", "", "late", "timeless too"])
      expect(await textsIn(log, topic, now - 500)).toEqual(["", "late", "timeless too"])
      expect(await textsIn(log, topic, now + 1)).toEqual([])
    }))

  test("uses the broker's timestamps when the topic is configured so", () =>
    withLog(url, async (log) => {
      const topic = await narrowTopic(url, { name: "message.timestamp.type", value: "LogAppendTime" })
      const producer = foreign(url).producer()
      await producer.connect()
      const before = Date.now()
      await producer.send({ topic, messages: [{ timestamp: "1000", value: "1" }] })
      await producer.disconnect()
      expect(await textsIn(log, topic, before)).toEqual(["1"])
    }))

  test("fetches up to the end at its start, also when records are added", () =>
    withLog(url, async (log) => {
      const topic = await narrowTopic(url)
      for (const text of ["1", "2"]) await run(log.append([record(topic, text)], "x"))
      await withCluster(url, async (cluster) => {
        const stretch = await onlyStretch(cluster, topic)
        await run(log.append([record(topic, "3")], "x"))
        expect(await valuesNext(cluster, stretch)).toEqual(["1", "2"])
        expect(stretch.next).toBeGreaterThanOrEqual(stretch.end)
      })
    }))

  test("continues with the remaining records when the next ones are deleted", () =>
    withLog(url, async (log) => {
      const topic = await narrowTopic(url)
      for (const text of ["1", "2", "3"]) await run(log.append([record(topic, text)], "x"))
      await withCluster(url, async (cluster) => {
        const stretch = await onlyStretch(cluster, topic)
        expect([stretch.next, stretch.end]).toEqual([0n, 3n])
        await withAdmin(url, async (admin) => {
          await admin.fetchTopicOffsets(topic)
          await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: "2" }] })
        })
        expect(await valuesNext(cluster, stretch)).toEqual([])
        expect(stretch.next).toBe(2n)
        expect(await valuesNext(cluster, stretch)).toEqual(["3"])
        expect(stretch.next).toBe(stretch.end)
      })
    }))
})

const withBroker = hasProgram("java", ["-version"]) && hasProgram("mvn") ? test : test.skip

describe("a scan when a broker fails", () => {
  let own: Broker | undefined
  beforeAll(async () => {
    own = await startBroker({ "log.cleaner.enable": "true", "log.cleaner.backoff.ms": "100" })
  }, 60_000)
  afterAll(() => own?.remove())
  const faulty = (): Broker => {
    if (own === undefined) throw new Error("There is neither Java nor Maven for a broker of this test's own.")
    return own
  }

  withBroker("leaves nothing on the broker: no group, no place", () =>
    withLog(faulty().url, async (log) => {
      const topic = newTopic()
      const texts = await fill(log, topic, 5_000)
      await withAdmin(faulty().url, async (admin) => {
        const seen = await textsIn(log, topic)
        await run(log.scan({ topics: [topic], since: 0 }, () => true))
        expect(seen).toHaveLength(texts.length)
        expect((await admin.listGroups()).groups).toEqual([])
      })
    })
  )

  withBroker(
    "scans a compacted topic, including batches without their last or any records",
    () =>
      withLog(faulty().url, async (log) => {
        const topic = await narrowTopic(
          faulty().url,
          { name: "cleanup.policy", value: "compact" },
          { name: "segment.ms", value: "1000" },
          { name: "min.cleanable.dirty.ratio", value: "0" }
        )
        // The broker keeps the last batch of an idempotent producer, also when no record is left in it.
        const idempotent = foreign(faulty().url).producer({ idempotent: true, maxInFlightRequests: 1 })
        const plain = foreign(faulty().url).producer()
        await Promise.all([idempotent.connect(), plain.connect()])
        const begun = Date.now() - 60_000
        const batches = [
          ["a", "b"],
          ["kept", "a"],
          ["a", "b"],
          ["end", "last"]
        ]
        for (const [i, keys] of batches.entries()) {
          // A segment is closed by a record that is so much younger.
          const timestamp = `${begun + i * 10_000}`
          const messages = keys.map((key) => ({ timestamp, key, value: `${key}${i}` }))
          await (i === 0 ? idempotent : plain).send({ topic, messages })
        }
        await Promise.all([idempotent.disconnect(), plain.disconnect()])
        const left = ["kept1", "a2", "b2", "end3", "last3"]
        await eventually("it is compacted", async () => (await textsIn(log, topic)).length === left.length)
        expect(await textsIn(log, topic)).toEqual(left)
        await withCluster(faulty().url, async (cluster) => {
          const stretch = await onlyStretch(cluster, topic)
          // So small that one batch comes at a time, and the first has no record left.
          stretch.maxBytes = 61
          expect(await valuesNext(cluster, stretch)).toEqual([])
          expect(stretch.next).toBe(2n)
          const values: Array<string> = []
          while (stretch.next < stretch.end) {
            stretch.maxBytes = 61
            values.push(...(await valuesNext(cluster, stretch)))
          }
          expect(values).toEqual(left)
        })
      }),
    60_000
  )

  withBroker(
    "continues over new connections when they are cut, without duplicates",
    async () => {
      const { target, advertised } = faulty().proxied
      const proxy = await startProxy(target, advertised)
      await withLog(`127.0.0.1:${advertised}`, async (log) => {
        const topic = newTopic()
        const texts = await fill(log, topic, 60_000)
        let cuts = 0
        let isArmed = false
        const all = await textsIn(log, topic, 0, () => {
          if (isArmed) return
          isArmed = true
          void proxy.cutAfter("down", 30_000).then(() => {
            cuts += 1
            isArmed = false
          })
        })
        expect(cuts).toBeGreaterThanOrEqual(3)
        expect(all).toHaveLength(texts.length)
        expect(new Set(all).size).toBe(texts.length)
      }).finally(proxy.close)
    },
    60_000
  )

  withBroker(
    "ends at once when interrupted while the broker hangs",
    async () => {
      const { target, advertised } = faulty().proxied
      const proxy = await startProxy(target, advertised)
      await withLog(`127.0.0.1:${advertised}`, async (log) => {
        const topic = newTopic()
        await fill(log, topic, 30_000)
        const fiber = Effect.runFork(
          log.scan({ topics: [topic], since: 0 }, () => {
            proxy.freeze()
            return false
          })
        )
        await eventually("a fetch is in flight", () => proxy.counts.held > 0)
        let isChecked = false
        const checked = run(Effect.isSuccess(log.dependency.check)).finally(() => {
          isChecked = true
        })
        await run(Fiber.interrupt(fiber))
        // The check gives up within 2 s, a fetch after more than 3 s.
        expect(isChecked).toBe(false)
        expect(await checked).toBe(false)
      }).finally(proxy.close)
    },
    60_000
  )

  withBroker(
    "hanging: it fails in bounded time with `timeout`",
    () =>
      withLog(faulty().url, async (log) => {
        const topic = newTopic()
        await fill(log, topic, 30_000)
        let isFrozen = false
        const scan = log.scan({ topics: [topic], since: 0 }, () => {
          if (!isFrozen) faulty().pause()
          isFrozen = true
          return false
        })
        const failure = await run(Effect.flip(scan)).finally(faulty().resume)
        expect(failure.reason).toBe("timeout")
        expect(failure.message).toStartWith(`Cannot look through ${topic} in Kafka: `)
      }),
    60_000
  )

  withBroker(
    "killed: it fails with `unavailable`",
    () =>
      withLog(faulty().url, async (log) => {
        const topic = newTopic()
        await fill(log, topic, 30_000)
        let killed: Promise<void> | undefined
        const scan = log.scan({ topics: [topic], since: 0 }, () => {
          if (killed === undefined) {
            faulty().pause()
            killed = faulty().kill()
          }
          return false
        })
        const failure = await run(Effect.flip(scan))
        await killed
        expect(failure.reason).toBe("unavailable")
        const again = await run(Effect.flip(log.scan({ topics: [topic], since: 0 }, () => true)))
        expect(again.reason).toBe("unavailable")
      }),
    60_000
  )
})

describe("a scan of a cluster", () => {
  let brokers: ReadonlyArray<Broker> | undefined
  beforeAll(async () => {
    brokers = await startBrokers(3)
  }, 120_000)
  afterAll(async () => {
    await Promise.all((brokers ?? []).map((one) => one.remove()))
  })

  withBroker(
    "continues at the new leaders when a broker dies, without duplicates",
    () =>
      run(
        Effect.scoped(
          Effect.gen(function* () {
            const all = brokers ?? []
            const log = yield* makeKafka(
              { brokers: all.map(({ url }) => url), tls: false, login: undefined },
              "gzip"
            )
            const topic = newTopic()
            const texts = yield* Effect.promise(() => fill(log, topic, 60_000))
            let killed: Promise<void> | undefined
            const seen = yield* Effect.promise(() =>
              textsIn(log, topic, 0, (before) => {
                if (before < 5_000 || killed !== undefined) return
                all[0]?.pause()
                killed = all[0]?.kill()
              })
            )
            yield* Effect.promise(() => killed ?? Promise.reject(new Error("No broker was killed.")))
            expect(seen).toHaveLength(texts.length)
            expect(new Set(seen).size).toBe(texts.length)
          })
        )
      ),
    120_000
  )
})
