/** What only Kafka can show of the event log: its settings, its partitions, and other clients on the same topics. */
import { describe, expect, test } from "bun:test"
import { spawn } from "node:child_process"
import { ConfigProvider, Effect, Layer, Redacted } from "effect"
import { Kafka, logLevel } from "kafkajs"
import { readAddress } from "../../../../bridge/event-log/kafka/address.ts"
import {
  BrokerError,
  NoResponse,
  NotConnected,
  storedNothing
} from "../../../../bridge/event-log/kafka/errors.ts"
import { batchesOf } from "../../../../bridge/event-log/kafka/fetched-batches.ts"
import { makeKafka } from "../../../../bridge/event-log/kafka/log.ts"
import { batchesIn } from "../../../../bridge/event-log/kafka/wire/decode-batch.ts"
import { recordBatch } from "../../../../bridge/event-log/kafka/wire/encode-batch.ts"
import { partitionOf } from "../../../../bridge/event-log/kafka/wire/murmur2.ts"
import { layer } from "../../../../bridge/event-log/layer.ts"
import { EventLog, type NewRecord } from "../../../../bridge/event-log/service.ts"
import { eventually } from "../../../support/eventually.ts"
import { kafka } from "../../../support/kafka.ts"
import { type Log, newName, newTopic, openKafka, record, startReader } from "../../../support/logs.ts"
import { freePort, hasProgram, serverUrl } from "../../../support/server.ts"

const run = <A>(effect: Effect.Effect<A, unknown>): Promise<A> => Effect.runPromise(effect)
const withLog = (broker: string, body: (log: Log) => Promise<void>): Promise<void> =>
  run(Effect.scoped(Effect.flatMap(openKafka(broker), (log) => Effect.promise(() => body(log)))))

/** Runs kcat, gives it `input`, and returns the bytes that it prints. */
const kcat = (args: ReadonlyArray<string>, input = ""): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const child = spawn("kcat", [...args], { stdio: ["pipe", "pipe", "inherit"] })
    const chunks: Array<Buffer> = []
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk))
    child.once("error", reject)
    child.once("exit", (code) =>
      code === 0 ? resolve(Buffer.concat(chunks)) : reject(new Error(`kcat ended with ${code}`))
    )
    child.stdin.end(input)
  })

test("a key's partition is the one that Kafka's Java client chooses", () => {
  // The hashes stand in Apache Kafka's own UtilsTest.testMurmur2.
  const hashes = {
    "21": -973932308,
    foobar: -790332482,
    "a-little-bit-long-string": -985981536,
    "a-little-bit-longer-string": -1486304829,
    lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
    abc: 479470107
  }
  for (const [key, hash] of Object.entries(hashes)) {
    for (const count of [1, 3, 12, 1_000_003])
      expect(partitionOf(key, count)).toBe((hash & 0x7fffffff) % count)
  }
})

test("the end never lies before what was read, though the broker looks at it first", async () => {
  const end = async (highWatermark: string): Promise<string | undefined> => {
    const records = ["9", "10"].map((text) => ({ value: Buffer.from(text), headers: {} }))
    const bytes = await recordBatch(records, { number: 0 }, 1)
    bytes.writeBigInt64BE(9n, 0)
    const messages = batchesIn(bytes, []) ?? []
    const fetched = { topic: "t", partition: 0, highWatermark, fetchedOffset: "9", messages }
    return (await batchesOf(fetched)())?.end
  }
  expect([await end("9"), await end("11"), await end("12")]).toEqual(["11", "11", "12"])
})

test("what a failed request tells: nothing was stored, or that is not known", () => {
  const answer = (type: string) => new BrokerError(type, "said so")
  const nothing = [
    ...["NOT_ENOUGH_REPLICAS", "NOT_LEADER_OR_FOLLOWER", "UNKNOWN_TOPIC_OR_PARTITION"].map(answer),
    answer("TOPIC_AUTHORIZATION_FAILED"),
    new NotConnected("connect ECONNREFUSED 127.0.0.1:9092")
  ]
  const unknown = [
    ...["REQUEST_TIMED_OUT", "NOT_ENOUGH_REPLICAS_AFTER_APPEND", "UNKNOWN_SERVER_ERROR"].map(answer),
    answer("AN_ANSWER_THAT_NOBODY_KNOWS"),
    new NoResponse("Connection closed", false),
    new NoResponse("no response in time", true),
    "something else"
  ]
  expect(nothing.map(storedNothing)).toEqual(nothing.map(() => true))
  expect(unknown.map(storedNothing)).toEqual(unknown.map(() => false))
})

describe("settings that can never work end with one sentence", () => {
  const none = { tls: false, mechanism: undefined, username: undefined, password: undefined }
  const refusal = (settings: Partial<Parameters<typeof readAddress>[0]>) =>
    Effect.runSync(Effect.flip(readAddress({ brokers: "kafka:9092", ...none, ...settings })))

  test.each([
    "kafka",
    "kafka:",
    ":9092",
    "kafka:0",
    "kafka:70000",
    "kafka:9092,",
    "http://kafka:9092",
    "a b:1"
  ])("KAFKA_BROKERS=%s", (brokers) => {
    const { reason, message } = refusal({ brokers })
    expect(reason).toBe("misconfigured")
    expect(message).toStartWith("KAFKA_BROKERS must be host:port, several separated by commas;")
  })

  test.each([
    ["SASL_SSL://kafka:9092", "SASL_SSL://"],
    ["SASL_SSL://kafka:9092", "KAFKA_SSL=true"],
    ["plaintext://kafka:9092", "leave that away"],
    ["kafka:9092?ssl=true", "more than host and port"],
    ["kafka:9092/db", "more than host and port"],
    ["[::1]:9092", "IPv6"],
    ["a:1,me:secret@kafka:9092", "KAFKA_USERNAME"],
    ["a:1,kafka://me:secret@kafka:9092", "broker 2 of 2"],
    ["a:1,", "broker 2 of 2 is empty"]
  ])("KAFKA_BROKERS=%s says %s", (brokers, said) => {
    const { message } = refusal({ brokers })
    expect(message).toContain(said)
    expect(message).not.toContain("secret")
  })

  test("a login that lacks something", () => {
    expect(refusal({ username: "me" }).message).toContain("need KAFKA_SASL_MECHANISM")
    expect(refusal({ mechanism: "plain", username: "me" }).message).toContain(
      "needs KAFKA_USERNAME and KAFKA_PASSWORD"
    )
  })

  test("those that can work are read", () => {
    const password = Redacted.make("secret")
    const settings = { ...none, brokers: "a:1, b.example:9093", username: "me", password }
    expect(Effect.runSync(readAddress({ ...settings, mechanism: "scram-sha-512", tls: true }))).toEqual({
      brokers: ["a:1", "b.example:9093"],
      tls: true,
      login: { mechanism: "scram-sha-512", username: "me", password }
    })
  })
})

const broker = await serverUrl(kafka)
describe.skipIf(broker === undefined)("with a broker", () => {
  const url = broker ?? ""

  test("the layer of the settings is Kafka", () => {
    const environment = ConfigProvider.fromUnknown({ KAFKA_BROKERS: url, KAFKA_COMPRESSION: "none" })
    return run(
      Effect.gen(function* () {
        const { dependency } = yield* EventLog
        expect([dependency.kind, dependency.embedded, dependency.address]).toEqual(["kafka", false, url])
        yield* dependency.check
      }).pipe(Effect.provide(Layer.provide(layer, ConfigProvider.layer(environment))))
    )
  })

  test("addresses where nobody listens stand in nobody's way, whichever come first", async () => {
    const dead = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
    for (const brokers of [
      [...dead, url],
      [url, ...dead]
    ]) {
      await run(
        Effect.scoped(
          Effect.gen(function* () {
            const log = yield* makeKafka({ brokers, tls: false, login: undefined }, "gzip")
            yield* log.dependency.check
            const topic = newTopic()
            yield* log.ensureTopics([topic])
            const [appended] = yield* log.append([record(topic, "1")], "x")
            expect(appended?.stored).toBe(true)
            for (let i = 0; i < 3; i++) {
              expect(yield* log.scan({ topics: [topic], since: 0 }, () => true)).toBe(true)
            }
          })
        )
      )
    }
  })

  test("affinities and keys spread over the partitions", () =>
    withLog(url, async (log) => {
      const topic = newTopic()
      await run(log.ensureTopics([topic]))
      const partitions = new Set<number>()
      for (let i = 0; i < 20; i++) {
        for (const one of await run(
          log.append([record(topic, "1"), record(topic, "2", { key: `${i}` })], `${i}`)
        )) {
          if (one.stored) partitions.add(one.partition)
        }
      }
      expect(partitions.size).toBe(3)
    }))

  const withKcat = hasProgram("kcat", ["-V"]) ? test : test.skip

  for (const compression of ["none", "gzip", "zstd"] as const) {
    withKcat(`kcat reads what was appended with compression ${compression}`, async () => {
      await run(
        Effect.scoped(
          Effect.gen(function* () {
            const log = yield* makeKafka({ brokers: [url], tls: false, login: undefined }, compression)
            const topic = newTopic()
            yield* log.ensureTopics([topic])
            const records = Array.from({ length: 500 }, (_, i): NewRecord => {
              const value = Buffer.from(`value ${i} ${"x".repeat(i % 50)} \x00\xff`, "latin1")
              return {
                topic,
                value,
                headers: { id: `batch-${i}`, v: "1" },
                ...(i % 3 === 0 ? { key: `k${i}` } : {})
              }
            })
            const appended = yield* log.append(records, "x")
            const format = "%p %o %k %h %S %s\\n"
            const printed = yield* Effect.promise(() =>
              kcat(["-b", url, "-C", "-e", "-q", "-t", topic, "-f", format])
            )
            const wanted = records.map((sent, i) => {
              const one = appended[i]
              const place = one?.stored ? `${one.partition} ${one.offset}` : "refused"
              const value = Buffer.from(sent.value).toString("latin1")
              return `${place} ${sent.key ?? ""} id=${sent.headers.id},v=1 ${value.length} ${value}`
            })
            const lines = printed.toString("latin1").trimEnd().split("\n")
            expect(lines.sort()).toEqual(wanted.sort())
          })
        )
      )
    })
  }

  for (const codec of ["none", "gzip", "snappy", "lz4", "zstd"]) {
    withKcat(`what kcat wrote with ${codec} is read`, () =>
      withLog(url, async (log) => {
        const topic = newTopic()
        await run(log.ensureTopics([topic]))
        const texts = Array.from(
          { length: 3_000 },
          (_, i) => `${"again and ".repeat(i % 40)}${Math.sin(i)} ${i} é`
        )
        const partition = [
          "-p",
          "1",
          "-H",
          "from=kcat",
          "-X",
          "linger.ms=200",
          "-X",
          "batch.num.messages=10000"
        ]
        await kcat(["-b", url, "-P", "-t", topic, "-z", codec, ...partition], texts.join("\n"))
        const reader = startReader(log, { group: newName("group"), topics: [topic], from: "oldest" })
        await reader.has(texts.length)
        await reader.stop()
        expect(reader.texts()).toEqual(texts)
        expect(reader.batches[0]?.records[0]?.headers).toEqual({ from: "kcat" })
      })
    )
  }

  test("a group reads what transactions committed, and goes on behind those that were taken back", () =>
    withLog(url, async (log) => {
      const topic = newTopic()
      await run(log.ensureTopics([topic]))
      const foreign = new Kafka({ brokers: [url], logLevel: logLevel.NOTHING, retry: { retries: 20 } })
      const transactional = () =>
        foreign.producer({
          transactionalId: newName("transaction"),
          maxInFlightRequests: 1,
          idempotent: true
        })
      const [one, other] = [transactional(), transactional()]
      await Promise.all([one.connect(), other.connect()])
      const options = { group: newName("group"), topics: [topic], from: "oldest" as const }
      const ofPartition = (...texts: ReadonlyArray<string>) => ({
        topic,
        messages: texts.map((value) => ({ value, partition: 1 }))
      })
      // The two lie within each other, and what is fetched ends with a mark, which nobody is handed.
      const [first, second] = [await one.transaction(), await other.transaction()]
      await first.send(ofPartition("never 1", "never 2"))
      await second.send(ofPartition("kept 1", "kept 2"))
      await first.send(ofPartition("never 3"))
      await first.abort()
      await second.send(ofPartition("kept 3"))
      await second.commit()
      const third = await one.transaction()
      await third.send(ofPartition("never 4"))
      await third.abort()
      const reader = startReader(log, options)
      await reader.has(3)
      const fourth = await other.transaction()
      await fourth.send(ofPartition("kept 4"))
      await fourth.commit()
      await reader.has(4)
      await reader.stop()
      expect(reader.texts()).toEqual(["kept 1", "kept 2", "kept 3", "kept 4"])
      const again = startReader(log, options)
      await one.send(ofPartition("kept 5"))
      await again.has(1)
      await again.stop()
      expect(again.texts()).toEqual(["kept 5"])
      await Promise.all([one.disconnect(), other.disconnect()])
    }))

  test("a member whose handling keeps failing does not keep others from joining and working", () =>
    withLog(url, async (log) => {
      const topic = newTopic()
      await run(log.ensureTopics([topic]))
      const texts = Array.from({ length: 30 }, (_, i) => `${i}`)
      for (const text of texts) await run(log.append([record(topic, text)], text))
      const options = { group: newName("group"), topics: [topic], from: "oldest" as const }
      let tries = 0
      const failing = startReader(log, options, () => {
        tries += 1
        return Effect.fail("never")
      })
      await eventually("it was tried", () => tries > 1)
      const working = startReader(log, options)
      await working.has(1)
      await failing.stop()
      await working.has(texts.length)
      await working.stop()
      expect([...working.texts()].sort()).toEqual([...texts].sort())
    }))

  test("a member that joins while another handles waits; nothing is handled twice", () =>
    withLog(url, async (log) => {
      const topic = newTopic()
      await run(log.ensureTopics([topic]))
      const texts = Array.from({ length: 60 }, (_, i) => `${i}`)
      for (const text of texts) await run(log.append([record(topic, text)], text))
      const options = { group: newName("group"), topics: [topic], from: "oldest" as const }
      const first = startReader(log, options, () => Effect.sleep("300 millis"))
      await first.has(1)
      const second = startReader(log, options)
      const more = texts.map((text) => `more ${text}`)
      for (const text of more) await run(log.append([record(topic, text)], text))
      const all = () => [...first.texts(), ...second.texts()]
      await eventually("all are handled", () => all().length >= 120, 40_000)
      await Promise.all([first.stop(), second.stop()])
      expect([...all()].sort()).toEqual([...texts, ...more].sort())
    }))

  test("a member that joins gets its share before all that another fetched is handled", () =>
    withLog(url, async (log) => {
      const topic = newTopic()
      await run(log.ensureTopics([topic]))
      const texts = Array.from({ length: 15_000 }, (_, i) => `${i}`)
      const filled = new Map<number, string>()
      for (let i = 0; filled.size < 3; i++) {
        const [probe] = await run(log.append([record(topic, "probe")], `${i}`))
        if (probe?.stored) filled.set(probe.partition, `${i}`)
      }
      for (const affinity of filled.values()) {
        const records = texts.map((text) => record(topic, `${affinity} ${text}`))
        await run(log.append(records, affinity))
      }
      const options = { group: newName("group"), topics: [topic], from: "oldest" as const }
      let isShared = false
      const first = startReader(log, options, () => (isShared ? Effect.void : Effect.sleep("500 millis")))
      await first.has(1)
      const second = startReader(log, options)
      await second.has(1)
      isShared = true
      expect(first.batches.length).toBeLessThan(15)
      const all = () => [...first.texts(), ...second.texts()].filter((text) => text !== "probe")
      await eventually("all are handled", () => all().length >= 3 * texts.length, 40_000)
      await Promise.all([first.stop(), second.stop()])
      expect([all().length, new Set(all()).size]).toEqual([45_000, 45_000])
    }))
})
