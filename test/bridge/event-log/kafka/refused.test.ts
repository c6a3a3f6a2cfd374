/** What a real Kafka refuses for good: a record is set aside alone, a topic waits and is named, and all else is stored. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { Effect, Exit } from "effect"
import { makeKafka } from "../../../../bridge/event-log/kafka/log.ts"
import type { NewRecord } from "../../../../bridge/event-log/service.ts"
import type { Topic } from "../../../../contracts/ids.ts"
import { addRules, asAdmin, removeRules } from "../../../faults/kafka-admin.ts"
import { eventually } from "../../../support/eventually.ts"
import { type Broker, startBroker } from "../../../support/kafka.ts"
import { type Log, newTopic, record, textOf } from "../../../support/logs.ts"
import { hasProgram } from "../../../support/server.ts"

const run = <A>(effect: Effect.Effect<A, unknown>): Promise<A> => Effect.runPromise(effect)

let broker: Broker | undefined
beforeAll(async () => {
  broker = await startBroker({
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "true"
  })
}, 60_000)
afterAll(() => broker?.remove())

const url = (): string => broker?.url ?? ""

const withBroker = hasProgram("java", ["-version"]) && hasProgram("mvn") ? test : test.skip

/** With a log whose records are not compressed, so that sizes are what they look like. */
const withLog = (body: (log: Log) => Promise<void>, hasKeys = false): Promise<void> =>
  run(
    Effect.scoped(
      Effect.gen(function* () {
        const log = yield* makeKafka({ brokers: [url()], tls: false, login: undefined }, "none", { hasKeys })
        yield* Effect.promise(() => body(log))
      })
    )
  )

/** A new topic of one partition with this configuration. */
const topicWith = async (configuration: Readonly<Record<string, string>>): Promise<Topic> => {
  const topic = newTopic()
  const configEntries = Object.entries(configuration).map(([name, value]) => ({ name, value }))
  await asAdmin({ brokers: url() }, (admin) =>
    admin.createTopics({ topics: [{ topic, numPartitions: 3, configEntries }], waitForLeaders: true })
  )
  return topic
}

/** Gives the topic another configuration. */
const change = (topic: Topic, configuration: Readonly<Record<string, string>>): Promise<unknown> =>
  asAdmin({ brokers: url() }, (admin) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: 2,
          name: topic,
          configEntries: Object.entries(configuration).map(([name, value]) => ({ name, value }))
        }
      ]
    })
  )

const texts = async (log: Log, topic: Topic): Promise<ReadonlyArray<string>> => {
  const found: Array<string> = []
  await run(
    log.scan({ topics: [topic], since: 0 }, ({ records }) => {
      found.push(...records.map(textOf))
      return false
    })
  )
  return found.sort()
}

const refusals = (log: Log): ReadonlyArray<string> => log.dependency.refusals?.() ?? []

/** Appends until it succeeds. */
const stored = (log: Log, records: ReadonlyArray<NewRecord>) =>
  eventually("it is stored", async () => {
    const exit = await Effect.runPromiseExit(log.append(records, "a"))
    return Exit.isSuccess(exit) ? exit.value : undefined
  })

describe("one record that Kafka will never take", () => {
  withBroker(
    "a compacted topic, 51 records, one without a key: 50 are stored, that one is refused with its reason",
    () =>
      withLog(async (log) => {
        const topic = await topicWith({ "cleanup.policy": "compact" })
        const records = Array.from({ length: 51 }, (_, i) =>
          record(topic, `text ${i}`, i === 17 ? {} : { key: `device ${i % 7}` })
        )
        const appended = await run(log.append(records, "a"))
        expect(appended.filter((one) => one.stored)).toHaveLength(50)
        expect(appended[17]).toMatchObject({ stored: false, why: "refused by the log" })
        expect(appended[17]).toMatchObject({
          reason: expect.stringMatching(/^Kafka refuses this record: .* without key .* \(INVALID_RECORD\)$/)
        })
        const wanted = records.filter((_, i) => i !== 17).map((one) => new TextDecoder().decode(one.value))
        expect(await texts(log, topic)).toEqual(wanted.sort())
        expect(refusals(log)).toEqual([])

        // Keys are given, so one that comes alone is known for what it is; all of a batch may be such.
        const [alone] = await run(log.append([record(topic, "alone")], "b"))
        expect(alone).toMatchObject({ stored: false, why: "refused by the log" })
      }),
    60_000
  )

  withBroker(
    "keys are given, and the first record that comes has none",
    () =>
      withLog(async (log) => {
        const topic = await topicWith({ "cleanup.policy": "compact" })
        const appended = await run(log.append([record(topic, "1"), record(topic, "2")], "a"))
        expect(appended).toMatchObject([{ stored: false }, { stored: false }])
      }, true),
    60_000
  )

  withBroker(
    "larger than max.message.bytes; the others are sent in parts",
    () =>
      withLog(async (log) => {
        const topic = await topicWith({ "max.message.bytes": "2000" })
        const records = Array.from({ length: 20 }, (_, i) =>
          record(topic, `${i}`.repeat(i === 7 ? 3_000 : 200))
        )
        const appended = await run(log.append(records, "a"))
        expect(appended.map((one) => one.stored)).toEqual(records.map((_, i) => i !== 7))
        expect(appended[7]).toMatchObject({ why: "too large" })
      }),
    60_000
  )

  withBroker(
    "a batch larger than segment.bytes is stored in parts",
    () =>
      withLog(async (log) => {
        const topic = await topicWith({ "segment.bytes": "1048576", "max.message.bytes": "8000000" })
        const records = Array.from({ length: 1_000 }, (_, i) => record(topic, `${i} `.padEnd(2_000, "x")))
        const appended = await run(log.append(records, "a"))
        expect(appended.every((one) => one.stored)).toBe(true)
        expect(await texts(log, topic)).toHaveLength(1_000)
      }),
    60_000
  )
})

describe("a topic that takes nothing until somebody acts", () => {
  withBroker(
    "a compacted topic where no record has a key: all wait, nothing is set aside",
    () =>
      withLog(async (log) => {
        const topic = await topicWith({ "cleanup.policy": "compact" })
        const records = [record(topic, "1"), record(topic, "2")]
        const failure = await run(Effect.flip(log.append(records, "a")))
        expect(failure.reason).toBe("unavailable")
        expect(refusals(log)).toEqual([failure.message])
        expect(failure.message).toStartWith(`No record of the topic ${topic} has a key: `)
        expect(failure.message).toContain("Set KAFKA_KEY_PARAM")

        await change(topic, { "cleanup.policy": "delete" })
        expect(await stored(log, records)).toMatchObject([{ stored: true }, { stored: true }])
        expect(refusals(log)).toEqual([])
      }),
    60_000
  )

  withBroker(
    "the bounds of message.timestamp",
    () =>
      withLog(async (log) => {
        const topic = await topicWith({ "message.timestamp.before.max.ms": "0" })
        const records = [record(topic, "1"), record(topic, "2")]
        const failure = await eventually("the record is a millisecond old", async () => {
          const exit = await Effect.runPromiseExit(Effect.flip(log.append(records, "a")))
          return Exit.isSuccess(exit) ? exit.value : undefined
        })
        expect(failure.message).toContain("(INVALID_TIMESTAMP)")
        expect(refusals(log)).toEqual([expect.stringContaining("message.timestamp.before.max.ms")])
        await change(topic, {})
        await stored(log, records)
        expect(refusals(log)).toEqual([])
      }),
    60_000
  )

  withBroker(
    "a topic that is missing",
    () =>
      withLog(async (log) => {
        const missing = newTopic()
        const failure = await run(Effect.flip(log.append([record(missing, "1")], "a")))
        expect(failure.reason).toBe("unavailable")
        expect(refusals(log)).toEqual([failure.message])
        expect(failure.message).toStartWith(`Nothing is stored in the topic ${missing} until somebody acts: `)
        expect(failure.message).toEndWith("Make the topic, or allow Spoor to describe it.")
        await run(log.ensureTopics([missing]))
        await stored(log, [record(missing, "1")])
        expect(refusals(log)).toEqual([])
      }),
    60_000
  )

  withBroker(
    "a topic that we may not write to",
    () =>
      withLog(async (log) => {
        const topic = await topicWith({})
        const forbidden = { topic, operation: 4, permissionType: 2 } as const
        await addRules({ brokers: url() }, [{ topic, operation: 2, permissionType: 3 }, forbidden])
        const failure = await run(Effect.flip(log.append([record(topic, "1")], "a")))
        expect(failure.reason).toBe("unavailable")
        expect(refusals(log)).toEqual([expect.stringContaining("TOPIC_AUTHORIZATION_FAILED")])
        expect(refusals(log)[0]).toEndWith("Allow WRITE and DESCRIBE on the topic.")
        await removeRules({ brokers: url() }, [forbidden])
        await stored(log, [record(topic, "1")])
        expect(refusals(log)).toEqual([])
      }),
    60_000
  )
})

withBroker(
  "topics that we may not make are named, until they are there",
  () =>
    withLog(async (log) => {
      const topic = newTopic()
      const rule = { topic, operation: 2, permissionType: 2 } as const
      await addRules({ brokers: url() }, [rule])
      expect((await run(Effect.flip(log.ensureTopics([topic])))).reason).toBe("unavailable")
      expect(refusals(log)).toEqual([expect.stringContaining("(TOPIC_AUTHORIZATION_FAILED)")])
      await removeRules({ brokers: url() }, [rule])
      await eventually("it is made", () => Effect.runPromise(Effect.isSuccess(log.ensureTopics([topic]))))
      expect(refusals(log)).toEqual([])
    }),
  60_000
)

describe("what is not refused", () => {
  withBroker(
    "a topic that keeps its records packed otherwise",
    () =>
      withLog(async (log) => {
        for (const codec of ["gzip", "snappy", "lz4", "zstd", "uncompressed"]) {
          const topic = await topicWith({ "compression.type": codec })
          const records = Array.from({ length: 50 }, (_, i) => record(topic, `text ${i}`))
          expect((await run(log.append(records, "a"))).every((one) => one.stored)).toBe(true)
          expect(await texts(log, topic)).toHaveLength(50)
        }
      }),
    60_000
  )
})
