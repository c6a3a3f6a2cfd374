/**
 * The rights of deploy/kafka/acls.txt on a real Kafka with an authorizer: every actor that uses Kafka does its work as its
 * own user, Kafka denies it nothing, and denies what the user has no business with. acls.sh gives the rights, with Kafka's
 * own command.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { execFile } from "node:child_process"
import { randomUUID } from "node:crypto"
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { Kafka, logLevel } from "kafkajs"
import { loadActors } from "../../actors/all.ts"
import { eventually } from "../support/eventually.ts"
import { kafkaJars } from "../support/kafka-broker.ts"
import { loginAs, type SecuredKafka, securedKafka } from "../support/kafka-secured.ts"
import { countRecords } from "../support/kcat.ts"
import { nats } from "../support/nats.ts"
import { redisServer } from "../support/redis.ts"
import { needsProgram, serverUrl } from "../support/server.ts"
import { launch, ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"

const kafka = await securedKafka()
const [redisUrl, natsUrl] = [await serverUrl(redisServer), await serverUrl(nats)]
const hasAll =
  kafka !== undefined &&
  redisUrl !== undefined &&
  natsUrl !== undefined &&
  needsProgram("kcat", "Install the package kcat, an independent Kafka client.", ["-V"])

const counters = ["event-counter", "metadata-counter", "search-counter", "timing-stats"]
/** Those that read the topic of clicks too. */
const ofClicks = ["attributor", "click-stats", "postback-stats"]
const consumers = [...counters, "reactor", ...ofClicks, "sessions"]
const userOf = (actor: string): string => (consumers.includes(actor) ? "consumer" : actor)

describe.skipIf(!hasAll)("under the rights of deploy/kafka/acls.txt", () => {
  const at = kafka as SecuredKafka
  const own = randomUUID().slice(0, 8)
  const topic = `events-${own}`
  const running = new Map<string, Spoor>()
  const shared = ownSettings({
    REDIS_URL: redisUrl ?? "",
    NATS_URL: natsUrl ?? "",
    QUEUE_KEY: `queue-${own}`,
    DEAD_LETTER_KEY: `dead-${own}`,
    KAFKA_TOPIC: topic,
    SESSION_PARAM: "n",
    SESSION_GAP: "1ms",
    TIMER_DELAY: "0ms",
    NOT_FOUND_URL: "https://shop.example/",
    VIEWER_HOST: "127.0.0.1"
  })

  const start = async (name: string, ...actors: ReadonlyArray<string>): Promise<Spoor> => {
    const topics = name === "bridge" || ofClicks.includes(name) ? "clicks" : ""
    const spoor = await startSpoor(actors, {
      ...{ ...shared, KAFKA_TOPICS: topics },
      ...loginAs(at, userOf(name))
    })
    running.set(name, spoor)
    return spoor
  }

  /** The exit code of `--check --connect` as that user, and the level and message of what it finds in Kafka. */
  const checked = async (user: string, actor: string): Promise<ReadonlyArray<unknown>> => {
    const { output, ended } = launch([actor, "--check", "--connect", "--json"], {
      ...shared,
      ...loginAs(at, user)
    })
    const code = await ended
    const { findings } = JSON.parse(/^\{"code".*$/m.exec(output())?.[0] ?? "{}") as {
      readonly findings: ReadonlyArray<{ readonly level: string; readonly message: string }>
    }
    const ofKafka = findings.filter(({ message }) => message.includes("Kafka"))
    return [code, ...ofKafka.map(({ level, message }) => `${level}: ${message}`)]
  }
  const answers = `ok: Kafka at ${at?.sasl} answers: 1 broker.`

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), "spoor-acls-"))
    const command = join(folder, "kafka-acls.sh")
    const java = "java -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
    const main = "org.apache.kafka.tools.AclCommand"
    writeFileSync(
      command,
      `#!/bin/sh\nexec ${java} -cp '${join((await kafkaJars()) ?? "", "*")}' ${main} "$@"\n`
    )
    chmodSync(command, 0o755)
    const { stdout } = await promisify(execFile)("sh", ["deploy/kafka/acls.sh"], {
      env: {
        ...process.env,
        KAFKA_BROKERS: at.open,
        KAFKA_TOPIC: topic,
        KAFKA_TOPICS: "clicks",
        KAFKA_ACLS: command
      }
    })
    expect(stdout).toContain("bridge: Describe Write Create on topic {topics} (literal)")
    expect(stdout.match(/^[\w,]+: /gm)?.length).toBe(8)
  }, 300_000)

  afterAll(async () => {
    for (const spoor of running.values()) await spoor.end("SIGKILL")
  })

  test("--check --connect before the topic is there: the bridge makes it, a counter waits for it", async () => {
    const missing = `warning: The Kafka topic ${topic} is not there`
    const [bridge, counter] = await Promise.all([
      checked("bridge", "bridge"),
      checked("consumer", "event-counter")
    ])
    expect(bridge).toEqual([0, answers, expect.stringContaining(`${missing}: the start makes it`)])
    expect(counter).toEqual([
      0,
      answers,
      expect.stringContaining(`${missing}, and our user may not make it: readers wait`),
      "ok: Kafka allows our user the consumer group spoor-event-counter."
    ])
  }, 60_000)

  test("an event goes from the gateway to Kafka, is counted by each counter and shown", async () => {
    await start("bridge", "gateway", "drainer", "enricher", "bridge")
    const url = running.get("bridge")?.address("send events").origin
    const adid = `38400000-8cf0-11bd-b23e-${Date.now().toString(16).padStart(12, "0")}`
    const click = await fetch(`${url}/click/41/go?adid=${adid}`, { redirect: "manual" })
    expect([click.status, (await fetch(`${url}/t/ist?adid=${adid}`)).status]).toEqual([307, 200])
    expect((await fetch(`${url}/t/permitted?n=1`)).status).toBe(200)
    await eventually(
      "the record is in Kafka",
      async () => (await countRecords(at.open, topic, 3)) > 0,
      30_000
    )
    const [started] = await Promise.all([
      start("viewer", "viewer"),
      start("consumer", ...counters, "reactor"),
      start("sessions", "sessions"),
      start("attributor", ...ofClicks)
    ])
    const viewer = started.address("watch them").origin
    await eventually(
      "it is counted",
      async () => (await (await fetch(`${viewer}/api/counters/event-counter`)).text()).includes("permitted"),
      30_000
    )
    await eventually(
      "the viewer has read it",
      async () => (await (await fetch(`${viewer}/api/search`)).text()).includes("permitted"),
      30_000
    )
    await eventually(
      "its session is stored",
      async () => (await countRecords(at.open, "sessions", 3)) > 0,
      30_000
    )
    await eventually(
      "its conversion is stored",
      async () => (await countRecords(at.open, "conversions", 3)) > 0,
      30_000
    )
    for (const [name, spoor] of running) {
      const refused = spoor
        .output()
        .split("\n")
        .filter((line) => /authoriz|may not/i.test(line))
      expect([name, ...refused]).toEqual([name])
    }
  }, 120_000)

  test("every actor that uses Kafka was one of them", async () => {
    const actors = (await loadActors()).filter(({ requires }) => requires.some(({ name }) => name === "log"))
    expect(actors.map(({ name }) => name).toSorted()).toEqual(["bridge", ...consumers, "viewer"].toSorted())
  })

  test("a viewer that stops removes its group", async () => {
    const admin = new Kafka({ brokers: [at.open], logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    const groups = async (): Promise<ReadonlyArray<string>> =>
      (await admin.listGroups()).groups.map(({ groupId }) => groupId)
    await eventually("it has one", async () =>
      (await groups()).some((one) => one.startsWith("spoor-viewer-"))
    )
    expect(await running.get("viewer")?.end()).toBe(0)
    running.delete("viewer")
    expect((await groups()).filter((one) => one.startsWith("spoor-viewer-"))).toEqual([])
    await admin.disconnect()
  }, 60_000)

  test("--check --connect finds nothing denied to the users of the actors, and what is denied to another", async () => {
    const there = `ok: The Kafka topic ${topic} has 3 partitions with 1 replicas.`
    const [bridge, counter, viewer, another] = await Promise.all([
      checked("bridge", "bridge"),
      checked("consumer", "event-counter"),
      checked("viewer", "viewer"),
      checked("viewer", "event-counter")
    ])
    expect(bridge).toEqual([0, answers, there])
    const allowed = "ok: Kafka allows our user the consumer"
    expect(counter).toEqual([0, answers, there, `${allowed} group spoor-event-counter.`])
    expect(viewer).toEqual([0, answers, there, `${allowed} groups spoor-viewer-*.`])
    const denied = "fault: Kafka does not allow our user the consumer group spoor-event-counter"
    expect(another).toEqual([1, answers, there, expect.stringContaining(denied)])
  }, 60_000)

  test("actors under the user of another say what is missing, lose nothing, and work once they have their own", async () => {
    await Promise.all(Array.from(running.values(), (spoor) => spoor.end()))
    running.clear()
    const before = await countRecords(at.open, topic, 3)
    const [wrong, reader] = await Promise.all([
      startSpoor(["gateway", "drainer", "enricher", "bridge"], { ...shared, ...loginAs(at, "consumer") }),
      startSpoor(["search-counter"], { ...shared, ...loginAs(at, "bridge") })
    ])
    running.set("wrong", wrong).set("reader", reader)
    expect((await fetch(`${wrong.address("send events").origin}/t/waits?n=1`)).status).toBe(200)
    const bridgeSays = `Nothing is stored in the topic ${topic} until somebody acts`
    await eventually("the bridge says so", () => wrong.output().includes(bridgeSays), 40_000)
    expect(wrong.output()).toMatch(/TOPIC_AUTHORIZATION_FAILED.*Allow WRITE and DESCRIBE on the topic/)
    const counterSays = `Cannot read ${topic} from Kafka`
    await eventually("the counter says so", () => reader.output().includes(counterSays), 40_000)
    const advice = "Allow READ on the group spoor-search-counter, and READ and DESCRIBE on the topics"
    expect(reader.output()).toMatch(new RegExp(`GROUP_AUTHORIZATION_FAILED.*${advice}`))
    expect(await countRecords(at.open, topic, 3)).toBe(before)
    expect(await Promise.all([wrong.end(), reader.end()])).toEqual([0, 0])
    running.clear()
    await start("bridge", "drainer", "enricher", "bridge")
    await eventually(
      "it is stored",
      async () => (await countRecords(at.open, topic, 3)) === before + 1,
      60_000
    )
  }, 180_000)

  const forbidden: ReadonlyArray<readonly [user: string, what: string, ...args: ReadonlyArray<string>]> = [
    ["bridge", "read the topic", "-C", "-t", topic, "-e"],
    ["consumer", "append", "-P", "-t", topic],
    ["viewer", "append", "-P", "-t", topic],
    ["operator", "append", "-P", "-t", topic],
    ["consumer", "read as a group of another name", "-G", "others", topic],
    ["viewer", "read as the group of a counter", "-G", "spoor-event-counter", topic],
    ["operator", "read as the group of a counter", "-G", "spoor-event-counter", topic],
    ["stranger", "describe the topic", "-L", "-t", topic],
    ["stranger", "append", "-P", "-t", topic]
  ]
  for (const [user, what, ...args] of forbidden)
    test(`${user} may not ${what}`, async () => {
      const settings = loginAs(at, user)
      const options = [
        "security.protocol=SASL_SSL",
        `ssl.ca.location=${settings.KAFKA_CA}`,
        "sasl.mechanism=PLAIN",
        `sasl.username=${user}`,
        `sasl.password=${settings.KAFKA_PASSWORD}`,
        "message.timeout.ms=5000"
      ].flatMap((option) => ["-X", option])
      const running = promisify(execFile)("sh", [
        "-c",
        'echo x | timeout 20 kcat "$@" 2>&1',
        "kcat",
        "-b",
        at.sasl,
        ...options,
        ...args
      ])
      const output = await running.then(
        ({ stdout }) => stdout,
        (error) => `${error.stdout}`
      )
      expect(output).toMatch(/authorization failed|Authorization failed|not authorized|Unknown topic/i)
    }, 60_000)

  test("the bridge may make its own topics, and no others", async () => {
    const ssl = { ca: [readFileSync(at.authority.ca, "utf8")] }
    const sasl = { mechanism: "plain", username: "bridge", password: "of-bridge" } as const
    const options = { brokers: [at.sasl], ssl, sasl, retry: { retries: 0 }, logLevel: logLevel.NOTHING }
    const admin = new Kafka({ ...options, reauthenticationThreshold: 0 }).admin()
    await admin.connect()
    const making = admin.createTopics({ topics: [{ topic: `other-${own}` }] })
    await expect(making).rejects.toMatchObject({ errors: [{ type: "TOPIC_AUTHORIZATION_FAILED" }] })
    await admin.disconnect()
  })
})
