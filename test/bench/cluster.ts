/** Real servers of a benchmark's own: Redis, NATS and Kafka, from `open` until `close`. */
import { Redis } from "ioredis"
import { type Admin, CompressionCodecs, CompressionTypes, Kafka, logLevel } from "kafkajs"
import { zstdCodec } from "../../bridge/event-log/kafka/wire/compression.ts"
import { startBroker } from "../support/kafka-broker.ts"
import { privateNats } from "../support/nats.ts"
import { startRedis } from "../support/redis.ts"
import { type Environment, ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"
import { lineMaker, type Variety } from "./lines.ts"

CompressionCodecs[CompressionTypes.ZSTD] = () => zstdCodec

export interface Cluster {
  readonly redis: Redis
  readonly kafka: Kafka
  readonly admin: Admin
  /** Addresses in the form of Spoor's settings. */
  readonly redisUrl: string
  readonly natsUrl: string
  readonly brokers: string
  /** Settings of actors on these servers, with that topic. */
  readonly settings: (topic: string, more?: Environment) => Environment
  /** Creates a topic. */
  readonly topic: () => Promise<string>
  /** Starts actors as one process. */
  readonly start: (actors: ReadonlyArray<string>, settings: Environment) => Promise<Spoor>
  /** Pushes lines to the list `key`, which `RENAME` then makes the queue in one step. */
  readonly fill: (key: string, lines: number, variety?: Variety) => Promise<void>
  /** The number of records in all partitions of a topic. */
  readonly stored: (topic: string) => Promise<number>
  /** Stops all processes that are still running. */
  readonly close: () => Promise<void>
}

/** Opens a cluster for `work`, and closes it afterwards, also when `work` fails. */
export const withCluster = async <A>(work: (cluster: Cluster) => Promise<A>): Promise<A> => {
  const cluster = await openCluster()
  try {
    return await work(cluster)
  } finally {
    await cluster.close()
  }
}

let topics = 0

export const openCluster = async (): Promise<Cluster> => {
  const [server, nats, broker] = [await startRedis(), await privateNats(), await startBroker()]
  if (server === undefined || broker === undefined) {
    throw new Error("Install redis-server, nats-server, Java 17 and Maven.")
  }
  await nats.start()
  const redis = new Redis(server.url)
  const kafka = new Kafka({ clientId: "bench", brokers: [broker.url], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  const started: Array<Spoor> = []
  return {
    redis,
    kafka,
    admin,
    redisUrl: server.url,
    natsUrl: nats.url,
    brokers: broker.url,
    settings: (topic, more = {}) =>
      ownSettings({
        REDIS_URL: server.url,
        NATS_URL: nats.url,
        KAFKA_BROKERS: broker.url,
        KAFKA_TOPIC: topic,
        LOG_LEVEL: "Error",
        ...more
      }),
    topic: async () => {
      topics += 1
      const topic = `bench-${topics}`
      await admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: true })
      return topic
    },
    start: async (actors, settings) => {
      const spoor = await startSpoor(actors, settings)
      started.push(spoor)
      return spoor
    },
    fill: async (key, lines, variety) => {
      const line = lineMaker(variety)
      for (let from = 0; from < lines; from += 2_000) {
        const some = Array.from({ length: Math.min(2_000, lines - from) }, (_, i) => line(from + i))
        await redis.rpush(key, ...some)
      }
    },
    stored: async (topic) => {
      const partitions = await admin.fetchTopicOffsets(topic)
      return partitions.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0)
    },
    close: async () => {
      for (const spoor of started) await spoor.end("SIGKILL")
      redis.disconnect()
      await admin.disconnect()
      await broker.remove()
      await nats.remove()
      await server.stop()
    }
  }
}
