/** The event log on Kafka when brokers are guarded, away, die or hang. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { ConfigProvider, Effect, Exit, Layer, Logger, Redacted } from "effect"
import { makeKafka } from "../../../../bridge/event-log/kafka/log.ts"
import { layer } from "../../../../bridge/event-log/layer.ts"
import { Failure } from "../../../../contracts/failure.ts"
import { eventually } from "../../../support/eventually.ts"
import { type Broker, startBroker } from "../../../support/kafka.ts"
import { type Log, newName, newTopic, openKafka, record, startReader, textOf } from "../../../support/logs.ts"
import { freePort, hasProgram } from "../../../support/server.ts"

const run = <A>(effect: Effect.Effect<A, unknown>): Promise<A> => Effect.runPromise(effect)
const withLog = (broker: string, body: (log: Log) => Promise<void>): Promise<void> =>
  run(Effect.scoped(Effect.flatMap(openKafka(broker), (log) => Effect.promise(() => body(log)))))

describe("where nobody listens", () => {
  test("it starts, says so when asked, and appending is `unavailable`", async () => {
    const nowhere = `127.0.0.1:${await freePort()}`
    await withLog(nowhere, async (log) => {
      const asked = await run(Effect.flip(log.dependency.check))
      expect(asked.reason).toBe("unavailable")
      expect(asked.message).toStartWith(`No Kafka broker answers at ${nowhere}`)
      const failure = await run(Effect.flip(log.append([record(newTopic(), "1")], "x")))
      expect(failure.reason).toBe("unavailable")
      expect((await run(Effect.flip(log.ensureTopics([newTopic()])))).reason).toBe("unavailable")
    })
  })

  test("the layer of the settings ends with one sentence", async () => {
    const nowhere = `127.0.0.1:${await freePort()}`
    const environment = ConfigProvider.fromUnknown({
      KAFKA_BROKERS: nowhere,
      KAFKA_START_TIMEOUT: "1 second"
    })
    const start = Effect.scoped(Layer.build(Layer.provide(layer, ConfigProvider.layer(environment))))
    const failure = await run(Effect.flip(start))
    expect(failure).toBeInstanceOf(Failure)
    expect(failure.message).toStartWith(`No Kafka broker answers at ${nowhere}`)
    expect(failure.message).not.toContain("\n")
  })
})

const withBroker = hasProgram("java", ["-version"]) && hasProgram("mvn") ? test : test.skip

describe("a guarded broker", () => {
  let guarded: Broker | undefined
  beforeAll(async () => {
    const login = "org.apache.kafka.common.security.plain.PlainLoginModule required"
    guarded = await startBroker({
      "listener.security.protocol.map": "PLAINTEXT:SASL_PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT",
      "inter.broker.listener.name": "PLAINTEXT",
      "sasl.mechanism.inter.broker.protocol": "PLAIN",
      "listener.name.plaintext.sasl.enabled.mechanisms": "PLAIN",
      "connections.max.reauth.ms": "3000",
      "listener.name.plaintext.plain.sasl.jaas.config": `${login} username="own" password="own" user_own="own" user_spoor="right";`
    })
  }, 60_000)
  afterAll(() => guarded?.remove())
  const open = (password: string) =>
    makeKafka(
      {
        brokers: [guarded?.url ?? ""],
        tls: false,
        login: { mechanism: "plain", username: "spoor", password: Redacted.make(password) }
      },
      "gzip"
    )

  withBroker("with the right password it works", () =>
    run(
      Effect.scoped(
        Effect.gen(function* () {
          const log = yield* open("right")
          yield* log.dependency.check
          const topic = newTopic()
          yield* log.ensureTopics([topic])
          const [appended] = yield* log.append([record(topic, "1")], "x")
          expect(appended?.stored).toBe(true)
        })
      )
    )
  )

  withBroker(
    "logs in again before its login ends, while records are appended and read",
    () =>
      run(
        Effect.scoped(
          Effect.gen(function* () {
            const log = yield* open("right")
            const topic = newTopic()
            yield* log.ensureTopics([topic])
            const reader = startReader(log, { group: newName("group"), topics: [topic], from: "oldest" })
            const texts: Array<string> = []
            const until = performance.now() + 7_000
            const appendMany = Effect.gen(function* () {
              while (performance.now() < until) {
                const text = `${texts.length}`
                texts.push(text)
                yield* log.append([record(topic, text)], text)
              }
            })
            yield* Effect.all([appendMany, appendMany, appendMany], { concurrency: 3 })
            yield* Effect.promise(() => reader.has(texts.length))
            expect([...reader.texts()].sort()).toEqual([...texts].sort())
            yield* Effect.promise(reader.stop)
          })
        )
      ),
    60_000
  )

  withBroker(
    "with a wrong one, everything is `unavailable`, one line says why, and the password stays out of it",
    () => {
      const lines: Array<string> = []
      const logger = Logger.make(({ message, logLevel }) => {
        if (logLevel !== "Debug") lines.push([message].flat().map(String).join(" "))
      })
      return run(
        Effect.scoped(
          Effect.gen(function* () {
            const log = yield* open("wrong-password")
            const failures = [
              yield* Effect.flip(log.dependency.check),
              yield* Effect.flip(log.append([record(newTopic(), "1")], "x"))
            ]
            for (const { reason, message } of failures) {
              expect(reason).toBe("unavailable")
              expect(message).toContain("SASL")
              expect(message).not.toContain("wrong-password")
            }
            expect(failures[0]?.message).toContain("refuses the login")
            expect(failures[0]?.message).toContain("KAFKA_PASSWORD")
            yield* Effect.promise(() => eventually("it is logged", () => lines.length > 0))
            expect(lines.length).toBe(1)
            expect(lines[0]).toStartWith(`No connection to Kafka at ${guarded?.url}: it refuses the login`)
          })
        ).pipe(Effect.provide(Logger.layer([logger])))
      )
    }
  )
})

describe("faults of a broker", () => {
  let own: Broker | undefined
  beforeAll(async () => {
    own = await startBroker({ "message.max.bytes": "20000" })
  }, 60_000)
  afterAll(() => own?.remove())
  const faulty = (): Broker => {
    if (own === undefined) throw new Error("There is neither Java nor Maven for a broker of this test's own.")
    return own
  }
  withBroker(
    "a batch too large for the topic is stored in parts, in order; only what is too large alone is refused",
    () =>
      withLog(faulty().url, async (log) => {
        const topic = newTopic()
        await run(log.ensureTopics([topic]))
        const noise = (size: number) => crypto.getRandomValues(new Uint8Array(size))
        const records = Array.from({ length: 200 }, (_, i) => ({
          topic,
          value: noise(i === 77 ? 30_000 : 1_000),
          headers: {}
        }))
        const appended = await run(log.append(records, "x"))
        expect(appended.flatMap((one, i) => (one.stored ? [] : [i]))).toEqual([77])
        const offsets = appended.flatMap((one) => (one.stored ? [Number(one.offset)] : []))
        expect(offsets).toEqual(Array.from({ length: 199 }, (_, i) => i))
      })
  )

  withBroker(
    "killed and started again: appends fail, then succeed; nothing confirmed is lost; readers go on",
    () =>
      withLog(faulty().url, async (log) => {
        const topic = newTopic()
        await run(log.ensureTopics([topic]))
        const reader = startReader(log, { group: newName("group"), topics: [topic], from: "oldest" })
        const confirmed: Array<string> = []
        const failures: Array<Failure> = []
        let sent = 0
        const appendOne = async (): Promise<void> => {
          const text = `text ${sent++}`
          const exit = await Effect.runPromiseExit(log.append([record(topic, text)], text))
          if (Exit.isSuccess(exit)) confirmed.push(text)
          else failures.push(await run(Effect.flip(exit)))
        }
        const appendUntil = async (enough: () => boolean): Promise<void> => {
          const one = async (): Promise<void> => {
            while (!enough()) await appendOne()
          }
          await Promise.all(Array.from({ length: 8 }, one))
        }
        await appendUntil(() => confirmed.length >= 100)
        const killed = faulty().kill()
        await appendUntil(() => failures.length >= 16)
        await killed
        // What was under way when the broker died may have been stored; what came later was not.
        expect(new Set(failures.map(({ reason }) => reason))).toEqual(new Set(["timeout", "unavailable"]))
        await faulty().start()
        const before = confirmed.length
        await appendUntil(() => confirmed.length > before + 100)
        await run(log.dependency.check)
        await eventually(
          "the reader has all",
          () => {
            const read = new Set(reader.texts())
            return confirmed.every((text) => read.has(text))
          },
          50_000
        )
        await reader.stop()
      }),
    120_000
  )

  withBroker(
    "hanging: an append fails in time with `timeout`, and the same log recovers",
    () =>
      withLog(faulty().url, async (log) => {
        const topic = newTopic()
        await run(log.ensureTopics([topic]))
        // The broker of the test before has just been started again and may still be finding itself.
        for (const text of ["before", "also before"])
          await eventually("an append succeeds", () =>
            run(Effect.isSuccess(log.append([record(topic, text)], "x")))
          )
        faulty().pause()
        const [one, two] = await run(
          Effect.all(
            [
              Effect.flip(log.append([record(topic, "1")], "x")),
              Effect.flip(log.append([record(topic, "2")], "y"))
            ],
            {
              concurrency: 2
            }
          )
        ).finally(faulty().resume)
        expect([one.reason, two.reason]).toEqual(["timeout", "timeout"])
        await eventually("appends succeed again", () =>
          run(Effect.isSuccess(log.append([record(topic, "after")], "x")))
        )
        const reader = startReader(log, { group: newName("group"), topics: [topic], from: "oldest" })
        await eventually("it is read", () => reader.texts().includes("after"))
        expect(reader.texts()).toContain("before")
        await reader.stop()
      }),
    90_000
  )

  withBroker(
    "away at the start: what needs it waits or fails, and works once it is there",
    async () => {
      await faulty().stop()
      await withLog(faulty().url, async (log) => {
        const topic = newTopic()
        const reader = startReader(log, { group: newName("group"), topics: [topic], from: "oldest" })
        expect((await run(Effect.flip(log.append([record(topic, "1")], "x")))).reason).toBe("unavailable")
        await faulty().start()
        await eventually("the topic is made", () => run(Effect.isSuccess(log.ensureTopics([topic]))))
        await run(log.append([record(topic, "1")], "x"))
        await reader.has(1)
        await reader.stop()
        expect(reader.batches[0]?.records.map(textOf)).toEqual(["1"])
      })
    },
    90_000
  )
})
