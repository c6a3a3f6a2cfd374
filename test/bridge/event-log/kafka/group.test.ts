/** Groups on Kafka: members of an earlier version (kafkajs) beside ours, and topics that get more partitions. */
import { describe, expect, test } from "bun:test"
import { Effect } from "effect"
import { Kafka, logLevel } from "kafkajs"
import { makeClients } from "../../../../bridge/event-log/kafka/client.ts"
import { makeCluster } from "../../../../bridge/event-log/kafka/cluster.ts"
import { makeGroupSession } from "../../../../bridge/event-log/kafka/group-session.ts"
import type { Topic } from "../../../../contracts/ids.ts"
import { asAdmin } from "../../../faults/kafka-admin.ts"
import { eventually } from "../../../support/eventually.ts"
import { kafka } from "../../../support/kafka.ts"
import { type Log, newName, newTopic, openKafka, record, startReader } from "../../../support/logs.ts"
import { serverUrl } from "../../../support/server.ts"

const run = <A>(effect: Effect.Effect<A, unknown>): Promise<A> => Effect.runPromise(effect)

/** A member as Spoor had it before: what it was assigned, and the texts that it read and committed. */
const startEarlierMember = async (url: string, group: string, topic: Topic) => {
  const consumer = new Kafka({ brokers: [url], logLevel: logLevel.NOTHING }).consumer({
    ...{ groupId: group, sessionTimeout: 10_000, rebalanceTimeout: 30_000, heartbeatInterval: 500 },
    maxWaitTimeInMs: 250
  })
  const texts: Array<string> = []
  let assigned: ReadonlyArray<number> = []
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    assigned = payload.memberAssignment[topic] ?? []
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    autoCommitInterval: 1,
    eachMessage: async ({ message }) => void texts.push(message.value?.toString() ?? "")
  })
  return { texts, assigned: () => assigned, stop: () => consumer.disconnect() }
}

const url = (await serverUrl(kafka)) ?? ""

describe.skipIf(url === "")("a group while a new version replaces an earlier one", () => {
  /** Appends records to all partitions; returns their texts. */
  const append = async (log: Log, topic: Topic, name: string): Promise<ReadonlyArray<string>> => {
    const texts = Array.from({ length: 60 }, (_, i) => `${name} ${i}`)
    for (const text of texts) await run(log.append([record(topic, text)], text))
    return texts
  }

  for (const first of ["earlier", "ours"] as const) {
    test(`is shared when the first member is ${first === "ours" ? "ours" : "the earlier one"}, and nothing is read twice`, () =>
      run(
        Effect.scoped(
          Effect.flatMap(openKafka(url), (log) =>
            Effect.promise(async () => {
              const [topic, group] = [newTopic(), newName("group")]
              await run(log.ensureTopics([topic]))
              const start = () => startReader(log, { group, topics: [topic], from: "oldest" })
              const texts = [...(await append(log, topic, "before"))]
              const early = first === "ours" ? start() : undefined
              await early?.has(60)
              const earlier = await startEarlierMember(url, group, topic)
              if (first === "earlier")
                await eventually("it has all partitions", () => earlier.assigned().length === 3)
              const ours = early ?? start()
              const seen = () => [...ours.texts(), ...earlier.texts]
              await eventually("both have partitions", () => {
                const count = earlier.assigned().length
                return count > 0 && count < 3
              })
              texts.push(...(await append(log, topic, "together")))
              await eventually("all is read", () => new Set(seen()).size === texts.length)
              await earlier.stop()
              texts.push(...(await append(log, topic, "after")))
              await eventually("ours reads all partitions", () => new Set(seen()).size === texts.length)
              await ours.stop()
              expect(earlier.texts.length).toBeGreaterThan(0)
              expect(ours.texts().length).toBeGreaterThan(0)
              expect([...seen()].sort()).toEqual([...texts].sort())
            })
          )
        )
      ))
  }

  test("is joined again by its leader when the topic got more partitions", async () => {
    const topic = newTopic()
    await asAdmin({ brokers: url }, (admin) =>
      admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true })
    )
    const address = { brokers: [url], tls: false, login: undefined }
    const cluster = makeCluster(makeClients(address).open({ main: 5_000, join: 35_000 }))
    const session = makeGroupSession(cluster, {
      ...{ group: newName("group"), topics: [topic] },
      ...{ sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 30_000 }
    })
    expect(await session.join()).toHaveLength(2)
    expect(await session.isOutdated()).toBe(false)
    await asAdmin({ brokers: url }, (admin) =>
      admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] })
    )
    await eventually("it is noticed", session.isOutdated)
    expect(await session.join()).toHaveLength(4)
    await session.leave(1_000)
    cluster.close()
  })
})
