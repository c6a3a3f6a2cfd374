/**
 * What `--check --connect` finds in Kafka, on a broker of its own with logins and an authorizer, which makes each topic that
 * somebody asks for: reachable or not, topics, rights, groups. After each test the broker has the topics and groups that it
 * had before.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test"
import { createServer, type Socket } from "node:net"
import { Effect, Redacted } from "effect"
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  type Admin,
  Kafka,
  logLevel,
  ResourcePatternTypes
} from "kafkajs"
import type { KafkaAddress } from "../../../../bridge/event-log/kafka/address.ts"
import { inspectKafka, type LogInspection, type LogUse } from "../../../../bridge/event-log/kafka/inspect.ts"
import type { Topic } from "../../../../contracts/ids.ts"
import { startProxy } from "../../../faults/tcp-proxy.ts"
import { eventually } from "../../../support/eventually.ts"
import { type Broker, type Node, startBrokers } from "../../../support/kafka-broker.ts"
import { freePort, hasProgram } from "../../../support/server.ts"

const canStart = hasProgram("java", ["-version"]) && hasProgram("mvn")

const { DESCRIBE, READ, WRITE, CREATE } = AclOperationTypes
const { TOPIC, GROUP, CLUSTER } = AclResourceTypes
const { LITERAL, PREFIXED } = ResourcePatternTypes

type Rule = readonly [AclResourceTypes, string, ResourcePatternTypes, ...operations: Array<AclOperationTypes>]

/** What each user may do. The password of each is its name. */
const rights: Readonly<Record<string, ReadonlyArray<Rule>>> = {
  bridge: [
    [TOPIC, "events", LITERAL, WRITE],
    [TOPIC, "missing", LITERAL, WRITE, CREATE],
    [TOPIC, "a_topic", LITERAL, WRITE, CREATE]
  ],
  "bridge-of-all": [
    [TOPIC, "missing", LITERAL, WRITE],
    [CLUSTER, "kafka-cluster", LITERAL, CREATE]
  ],
  consumer: [
    [TOPIC, "events", LITERAL, READ],
    [TOPIC, "missing", LITERAL, READ],
    [GROUP, "spoor-", PREFIXED, READ]
  ],
  viewer: [
    [TOPIC, "events", LITERAL, READ],
    [GROUP, "spoor-viewer-", PREFIXED, READ],
    [GROUP, "spoor-", PREFIXED, DESCRIBE]
  ],
  describer: [[TOPIC, "events", LITERAL, DESCRIBE]],
  stranger: []
}

const appending = (...topics: ReadonlyArray<string>): LogUse => ({
  topics: topics as ReadonlyArray<Topic>,
  appends: true,
  groups: []
})
const counter = { name: "spoor-event-counter", isPrefix: false }
const watchers = { name: "spoor-viewer-", isPrefix: true }
const reading = (group: LogUse["groups"][number], ...topics: ReadonlyArray<string>): LogUse => ({
  topics: topics as ReadonlyArray<Topic>,
  appends: false,
  groups: [group]
})

const properties = (node: Node, port: number): Record<string, string> => {
  const modules = "org.apache.kafka.common.security"
  const users = ["admin", ...Object.keys(rights)].map((user) => `user_${user}="${user}"`).join(" ")
  return {
    listeners: `${node.listeners},SASL_PLAINTEXT://127.0.0.1:${port},CONTROLLER://${node.controller}`,
    "advertised.listeners": `${node.advertised},SASL_PLAINTEXT://127.0.0.1:${port}`,
    "listener.security.protocol.map":
      "PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT",
    "sasl.enabled.mechanisms": "PLAIN",
    "listener.name.sasl_plaintext.plain.sasl.jaas.config": `${modules}.plain.PlainLoginModule required ${users};`,
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS;User:admin",
    "auto.create.topics.enable": "true"
  }
}

const inspect = (address: KafkaAddress, use: LogUse): Promise<LogInspection> =>
  Effect.runPromise(inspectKafka(address, use))

const open = (...brokers: ReadonlyArray<string>): KafkaAddress => ({ brokers, tls: false, login: undefined })

const linesOf = ({ findings }: LogInspection): ReadonlyArray<string> =>
  findings.map(({ level, message }) => `${level}: ${message}`)

describe.skipIf(!canStart)("the inspection of Kafka", () => {
  let broker: Broker
  let logins: string
  let kafka: Kafka
  let admin: Admin

  const as = (user: string, password = user): KafkaAddress => ({
    ...open(logins),
    login: { mechanism: "plain", username: user, password: Redacted.make(password) }
  })
  /** What it finds in a Kafka that can be used, without the sentence that it answers. */
  const found = async (user: string, use: LogUse): Promise<ReadonlyArray<string>> => {
    const inspection = await inspect(as(user), use)
    const [first, ...more] = linesOf(inspection)
    expect([inspection.isReachable, first]).toEqual([true, `ok: Kafka at ${logins} answers: 1 broker.`])
    return more
  }
  const content = async () => ({
    topics: (await admin.listTopics()).toSorted(),
    groups: (await admin.listGroups()).groups.map(({ groupId }) => groupId)
  })
  let before = { topics: ["a.topic", "events"], groups: [] as Array<string> }

  beforeAll(async () => {
    const port = await freePort()
    const [started] = (await startBrokers(1, (node) => properties(node, port))) ?? []
    if (started === undefined) throw new Error("The broker did not start.")
    broker = started
    logins = `127.0.0.1:${port}`
    kafka = new Kafka({ brokers: [broker.url], logLevel: logLevel.NOTHING })
    admin = kafka.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: "events", numPartitions: 3 }, { topic: "a.topic" }] })
    const acl = Object.entries(rights).flatMap(([user, rules]) =>
      rules.flatMap(([resourceType, resourceName, resourcePatternType, ...operations]) =>
        operations.map((operation) => ({
          ...{ resourceType, resourceName, resourcePatternType, operation },
          ...{ principal: `User:${user}`, host: "*", permissionType: AclPermissionTypes.ALLOW }
        }))
      )
    )
    await admin.createAcls({ acl })
    await eventually("the rights are in force", async () =>
      linesOf(await inspect(as("viewer"), reading(watchers, "events"))).every((line) => line.startsWith("ok"))
    )
  }, 120_000)
  afterEach(async () => expect(await content()).toEqual(before))
  afterAll(async () => {
    await admin?.disconnect()
    await broker?.remove()
  })

  const topicIsThere = "ok: The Kafka topic events has 3 partitions with 1 replicas."

  test("a topic with its partitions, under no more rights than the work needs", async () => {
    expect(await found("bridge", appending("events"))).toEqual([topicIsThere])
    expect(await found("consumer", reading(counter, "events"))).toEqual([
      topicIsThere,
      "ok: Kafka allows our user the consumer group spoor-event-counter."
    ])
    expect(await found("viewer", reading(watchers, "events"))).toEqual([
      topicIsThere,
      "ok: Kafka allows our user the consumer groups spoor-viewer-*."
    ])
  })

  const missing = "The Kafka topic missing is not there"
  const advice = "make it with the partitions and replicas that you want."

  test("a missing topic: who may make it, by the topic's right or the cluster's, is told that it will be", async () => {
    const willBeMade = [`warning: ${missing}: the start makes it with the cluster's defaults, or ${advice}`]
    expect(await found("bridge", appending("missing"))).toEqual(willBeMade)
    expect(await found("bridge-of-all", appending("missing"))).toEqual(willBeMade)
    const anybody = linesOf(await inspect(open(broker.url), appending("missing")))
    expect(anybody.slice(1)).toEqual(willBeMade)
  })

  test("a missing topic that our user may not make: a fault of what appends, readers wait", async () => {
    expect(await found("consumer", appending("missing"))).toEqual([
      `fault: ${missing}, and our user may not make it: allow Create on it, or ${advice}`
    ])
    const [topic] = await found("consumer", reading(counter, "missing"))
    expect(topic).toBe(
      `warning: ${missing}, and our user may not make it: readers wait for a bridge that makes it, or ${advice}`
    )
  })

  test("a missing topic that the cluster would not make", async () => {
    const [topic, ...more] = await found("bridge", appending("a_topic"))
    expect(topic).toMatch(
      /^fault: The Kafka topic a_topic is not there, and Kafka would not make it: .*INVALID_TOPIC/
    )
    expect(more).toEqual([])
  })

  const noGroup =
    "fault: Kafka does not allow our user the consumer group spoor-event-counter: add an ACL for Read on it."
  const denied = (right: string, acl: string) =>
    `fault: Kafka does not allow our user to ${right} the topic events: add an ACL for ${acl}.`
  const described = "fault: Kafka does not allow our user to describe the topic events: allow Describe on it."
  for (const [what, user, use, expected] of [
    ["write", "consumer", appending("events"), [denied("write", "Write")]],
    ["read", "bridge", reading(counter, "events"), [denied("read", "Read"), noGroup]],
    [
      "write and read",
      "describer",
      { ...reading(counter, "events"), appends: true },
      [denied("write and read", "Write and Read"), noGroup]
    ],
    [
      "describe, and not of a topic that is missing",
      "stranger",
      appending("events", "none"),
      [described, described.replace("events", "none")]
    ],
    [
      "read as the group, of which it may see more",
      "viewer",
      reading(counter, "events"),
      [topicIsThere, noGroup]
    ],
    [
      "read as groups with a prefix",
      "bridge",
      reading(watchers, "events"),
      [
        denied("read", "Read"),
        "fault: Kafka does not allow our user the consumer groups spoor-viewer-*: add an ACL for Read on groups with the prefix spoor-viewer-."
      ]
    ]
  ] as const)
    test(`a missing right to ${what}`, async () => expect(await found(user, use)).toEqual([...expected]))

  test("a wrong password and a port without a listener", async () => {
    const wrong = await inspect(as("bridge", "wr0ng"), appending("events"))
    expect([wrong.isReachable, ...linesOf(wrong)]).toEqual([
      false,
      expect.stringMatching(/^fault: Kafka at .* refuses the login: .*check KAFKA_SASL_MECHANISM/)
    ])
    expect(linesOf(wrong).join()).not.toContain("wr0ng")
    const closed = await inspect(open(`127.0.0.1:${await freePort()}`), appending("events"))
    expect([closed.isReachable, ...linesOf(closed)]).toEqual([
      false,
      expect.stringMatching(/^fault: .* cannot be used: .*ECONNREFUSED/)
    ])
    const second = await inspect(open(`127.0.0.1:${await freePort()}`, broker.url), appending("events"))
    expect(second.isReachable).toBe(true)
  })

  test("a broker that cannot be reached at the address that the cluster names", async () => {
    const { target, advertised } = broker.proxied
    expect(linesOf(await inspect(open(`127.0.0.1:${target}`), appending("events")))).toEqual([
      `ok: Kafka at 127.0.0.1:${target} answers: 1 broker.`,
      expect.stringMatching(
        new RegExp(
          `^fault: Kafka names 127.0.0.1:${advertised} for its broker 1, .*ECONNREFUSED.*advertised.listeners`
        )
      ),
      topicIsThere
    ])
  })

  test("a Kafka older than 2.3, which does not tell rights", async () => {
    const { target, advertised } = broker.proxied
    const proxy = await startProxy(target, advertised)
    let told = 0
    // The answer about versions has, for each request, its number and the first and the last version: here of metadata.
    proxy.intercept(({ direction, data }) => {
      const at = direction === "down" ? data.indexOf(Buffer.from([0, 3, 0, 0, 0, 13])) : -1
      if (at >= 0) told = data.writeInt16BE(7, at + 4)
      return "pass"
    })
    const lines = linesOf(await inspect(open(`127.0.0.1:${proxy.port}`), appending("events")))
    proxy.close()
    expect(told).toBeGreaterThan(0)
    expect(lines).toEqual([
      `ok: Kafka at 127.0.0.1:${proxy.port} answers: 1 broker.`,
      topicIsThere,
      "warning: Kafka is older than 2.3 and does not tell what our user may do with the topic events: look at its ACLs."
    ])
  })

  test("a frozen broker is a fault within 5 s, with a login and without", async () => {
    broker.pause()
    const began = performance.now()
    const frozen = await Promise.all([
      inspect(open(broker.url), appending("events")),
      inspect(as("bridge"), appending("events"))
    ]).finally(broker.resume)
    expect(performance.now() - began).toBeLessThan(5_000)
    for (const one of frozen)
      expect([one.isReachable, ...linesOf(one)]).toEqual([
        false,
        expect.stringMatching(
          /^fault: .* cannot be used: (no response in time|Connection timeout|.*timed out)/i
        )
      ])
  }, 60_000)

  test("an inspection that is interrupted closes its connections", async () => {
    const sockets = new Set<Socket>()
    const silent = createServer((socket) => {
      sockets.add(socket)
      socket
        .resume()
        .on("error", () => {})
        .on("close", () => sockets.delete(socket))
    })
    const port = await freePort()
    await new Promise<void>((resolve) => silent.listen(port, "127.0.0.1", resolve))
    const controller = new AbortController()
    const running = Effect.runPromise(inspectKafka(open(`127.0.0.1:${port}`), appending("events")), {
      signal: controller.signal
    })
    await eventually("it is connected", () => sockets.size > 0)
    controller.abort()
    await running.catch(() => {})
    await eventually("it is closed", () => sockets.size === 0, 1_000)
    silent.close()
  })

  test("a group with a member stays as it is, and its coordinator is asked for", async () => {
    const consumer = kafka.consumer({ groupId: counter.name, maxWaitTimeInMs: 100 })
    await consumer.connect()
    await consumer.subscribe({ topics: ["events"] })
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve))
    await consumer.run({ eachMessage: async () => {} })
    await joined
    const described = async () => JSON.stringify(await admin.describeGroups([counter.name]), undefined, 1)
    const was = await described()
    expect(was).toContain("Stable")
    const allowed = ["ok: Kafka allows our user the consumer group spoor-event-counter."]
    expect((await found("consumer", reading(counter, "events"))).slice(1)).toEqual(allowed)
    expect((await found("admin", reading(counter, "events"))).slice(1)).toEqual(allowed)
    expect(await described()).toBe(was)
    await consumer.disconnect()
    before = { topics: ["__consumer_offsets", ...before.topics], groups: [counter.name] }
  }, 60_000)
})
