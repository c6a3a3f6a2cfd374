/** Spoor's actors as processes on real Redis, NATS and Kafka, with a queue and a topic of the test's own. */
import { execFileSync } from "node:child_process"
import { randomUUID } from "node:crypto"
import { Redis } from "ioredis"
import { kafka } from "./kafka.ts"
import { type ForeignRecord, parseRecords, readArguments } from "./kcat.ts"
import { nats } from "./nats.ts"
import { redisServer } from "./redis.ts"
import { needsProgram, serverUrl } from "./server.ts"
import { type Environment, ownSettings, type Spoor, startSpoor } from "./spoor.ts"

/** The addresses of the real servers; undefined if one is missing. With CI=true that is an error. */
export const realServers = async (): Promise<Environment | undefined> => {
  const [REDIS_URL, NATS_URL, KAFKA_BROKERS] = [
    await serverUrl(redisServer),
    await serverUrl(nats),
    await serverUrl(kafka)
  ]
  if (REDIS_URL === undefined || NATS_URL === undefined || KAFKA_BROKERS === undefined) return undefined
  if (!needsProgram("kcat", "Install the package kcat, an independent Kafka client.", ["-V"]))
    return undefined
  return { REDIS_URL, NATS_URL, KAFKA_BROKERS }
}

export type { ForeignRecord }

export interface Cluster {
  readonly settings: Environment
  readonly redis: Redis
  readonly queueKey: string
  readonly deadLetterKey: string
  readonly topic: string
  /** Starts one process with these actors. */
  readonly start: (...actors: ReadonlyArray<string>) => Promise<Spoor>
  /** Starts one process with these actors from another tree: `file` is the path of its command `actor`. */
  readonly startFrom: (file: string, ...actors: ReadonlyArray<string>) => Promise<Spoor>
  /** Every record of a topic, read by kcat. */
  readonly read: (topic: string) => ReadonlyArray<ForeignRecord>
  /** Numbers of waiting lines, claimed batches and dead letters. */
  readonly depth: () => Promise<{ waiting: number; claimed: number; deadLetters: number }>
  /** Stops all processes that are still running. */
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
  const start = async (actors: ReadonlyArray<string>, file?: string): Promise<Spoor> => {
    const spoor = await startSpoor(actors, settings, "bun", file)
    running.add(spoor)
    return spoor
  }
  return {
    settings,
    redis,
    queueKey,
    deadLetterKey,
    topic,
    start: (...actors) => start(actors),
    startFrom: (file, ...actors) => start(actors, file),
    read: (name) =>
      parseRecords(
        execFileSync("kcat", readArguments(servers.KAFKA_BROKERS ?? "", name), { maxBuffer: 1024 ** 3 })
      ),
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
