/** Spoor's actors as processes on real Redis, NATS and Kafka, with a queue and a topic of the test's own. */
import { execFileSync } from "node:child_process"
import { randomUUID } from "node:crypto"
import { Redis } from "ioredis"
import { kafka } from "./kafka.ts"
import { nats } from "./nats.ts"
import { redisServer } from "./redis.ts"
import { needsProgram, serverUrl } from "./server.ts"
import { type Environment, ownSettings, type Spoor, startSpoor } from "./spoor.ts"

/** Where the real servers are; undefined on a person's machine that lacks one. */
export const realServers = async (): Promise<Environment | undefined> => {
  const [REDIS_URL, NATS_URL, KAFKA_BROKERS] = [
    await serverUrl(redisServer),
    await serverUrl(nats),
    await serverUrl(kafka)
  ]
  if (REDIS_URL === undefined || NATS_URL === undefined || KAFKA_BROKERS === undefined) return undefined
  if (!needsProgram("kcat", "Install the package kcat, a Kafka client that is not ours.", ["-V"]))
    return undefined
  return { REDIS_URL, NATS_URL, KAFKA_BROKERS }
}

/** A record as kcat, a client that is not ours, reads it. */
export interface ForeignRecord {
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly headers: Readonly<Record<string, string>>
  readonly value: Buffer
}

export interface Cluster {
  readonly settings: Environment
  readonly redis: Redis
  readonly queueKey: string
  readonly deadLetterKey: string
  readonly topic: string
  /** Starts one process with these actors. */
  readonly start: (...actors: ReadonlyArray<string>) => Promise<Spoor>
  /** Every record of a topic, read by kcat. */
  readonly read: (topic: string) => ReadonlyArray<ForeignRecord>
  /** Lines that wait, batches under way and dead letters. */
  readonly depth: () => Promise<{ waiting: number; claimed: number; deadLetters: number }>
  /** Ends what still runs. */
  readonly stop: () => Promise<void>
}

export const makeCluster = (servers: Environment, more: Environment = {}): Cluster => {
  const own = randomUUID().slice(0, 8)
  const queueKey = `queue-${own}`
  const deadLetterKey = `dead-${own}`
  const topic = `events-${own}`
  const settings = ownSettings({
    ...servers,
    QUEUE_KEY: queueKey,
    DEAD_LETTER_KEY: deadLetterKey,
    KAFKA_TOPIC: topic,
    ...more
  })
  const redis = new Redis(servers.REDIS_URL?.split(",")[0] ?? "")
  const running = new Set<Spoor>()
  return {
    settings,
    redis,
    queueKey,
    deadLetterKey,
    topic,
    start: async (...actors) => {
      const spoor = await startSpoor(actors, settings)
      running.add(spoor)
      return spoor
    },
    read: (name) => readWithKcat(servers.KAFKA_BROKERS ?? "", name),
    depth: async () => ({
      waiting: await redis.llen(queueKey),
      claimed: await redis.hlen(`{${queueKey}}:claimed`),
      deadLetters: await redis.llen(deadLetterKey)
    }),
    stop: async () => {
      await Promise.all(Array.from(running, (spoor) => spoor.end("SIGKILL")))
      redis.disconnect()
    }
  }
}

/** Reads a topic to its end. Parts are told apart by their lengths, since a value may hold any byte. */
const readWithKcat = (brokers: string, topic: string): ReadonlyArray<ForeignRecord> => {
  const output = execFileSync(
    "kcat",
    ["-b", brokers, "-t", topic, "-C", "-e", "-q", "-f", "%p %o %K %S\\n%k%h\\n%s\\n"],
    { maxBuffer: 1024 ** 3 }
  )
  const records: Array<ForeignRecord> = []
  let at = 0
  const line = (): string => {
    const end = output.indexOf(10, at)
    const text = output.toString("latin1", at, end)
    at = end + 1
    return text
  }
  while (at < output.length) {
    const [partition = 0, offset = 0, keyLength = 0, length = 0] = line().split(" ").map(Number)
    const keyEnd = at + Math.max(0, keyLength)
    const key = output.toString("utf8", at, keyEnd)
    at = keyEnd
    const headers = Object.fromEntries(
      line()
        .split(",")
        .map((pair) => pair.split("="))
    )
    const value = output.subarray(at, at + length)
    at += length + 1
    records.push({ partition, offset, key, headers, value })
  }
  return records
}
