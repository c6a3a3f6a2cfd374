/**
 * Connections to Kafka: the only file that knows the client library. What it makes is not connected yet.
 * Three things of the library are set right here: its codecs, a timer that never sleeps, and sockets that may hang.
 */
import { createRequire } from "node:module"
import type { Socket } from "node:net"
import { Redacted } from "effect"
import {
  type Admin,
  type Cluster,
  CompressionCodecs,
  CompressionTypes,
  type ConsumerConfig,
  type ConsumerRunConfig,
  type EachBatchPayload,
  Kafka,
  type KafkaConfig,
  type Consumer as LibraryConsumer,
  type Logger,
  logLevel
} from "kafkajs"
import type { Fetched } from "./fetched-batches.ts"
import { watched } from "./socket.ts"
import { gzipCodec, lz4Codec, snappyCodec, zstdCodec } from "./wire/compression.ts"
import type { BatchCodec } from "./wire/encode-batch.ts"
import { readAnswer, readsVersion } from "./wire/fetch-response.ts"
import { type OldMessage, oldBatchesIn } from "./wire/message-set.ts"

export type { Admin, Cluster } from "kafkajs"

/** What was fetched of a partition, and what may be done about it. */
export type Payload = Omit<EachBatchPayload, "batch"> & {
  readonly batch: Fetched & { readonly lastOffset: () => string }
}

/** A member of a group; what it fetched is handed over as it came, not unpacked. */
export type Consumer = Omit<LibraryConsumer, "run"> & {
  readonly run: (
    how: Omit<ConsumerRunConfig, "eachBatch" | "eachMessage"> & {
      readonly eachBatch: (payload: Payload) => Promise<void>
    }
  ) => Promise<void>
}

/** How records are compressed: every consumer reads the first two, older ones need a codec for zstd. */
export type Compression = "none" | "gzip" | "zstd"

export interface KafkaAddress {
  /** `host:port` of each broker to begin with. */
  readonly brokers: ReadonlyArray<string>
  readonly tls: boolean
  readonly login:
    | {
        readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512"
        readonly username: string
        readonly password: Redacted.Redacted<string>
      }
    | undefined
}

/** A client of one kind, and the means to be rid of it even when the broker no longer answers. */
export interface Client<C> {
  readonly api: C
  /** Says goodbye to the brokers, at most `patience` milliseconds long, and closes every socket. Never fails. */
  readonly close: (patience: number) => Promise<void>
}

export interface Clients {
  readonly admin: () => Client<Admin>
  readonly consumer: (group: string, sessionTimeout: number, rebalanceTimeout: number) => Client<Consumer>
  /** The brokers themselves, to be asked directly: no group, nothing remembered. */
  readonly cluster: () => Client<Cluster>
}

/** What the client library logs goes to `log`. `requestTimeout`, of all but consumers, is in milliseconds. */
export const makeClients = (
  address: KafkaAddress,
  requestTimeout: number,
  log: (message: string) => void
): Clients => {
  const once = { initialRetryTime: 50, maxRetryTime: 200, retries: 0 }
  let made = 0

  const client = <C extends { readonly disconnect: () => Promise<void> }>(
    make: (kafka: Kafka, config: KafkaConfig) => C,
    more: Partial<KafkaConfig> = {}
  ): Client<C> => {
    const sockets = new Set<Socket>()
    let closed = false
    // The library begins with the first; each client with another, so that one that is dead stands in nobody's way.
    const first = made++ % address.brokers.length
    const config: KafkaConfig = {
      clientId: "spoor",
      brokers: [...address.brokers.slice(first), ...address.brokers.slice(0, first)],
      ssl: address.tls,
      ...(address.login === undefined ? {} : { sasl: saslOf(address.login) }),
      connectionTimeout: 2_000,
      authenticationTimeout: 3_000,
      requestTimeout,
      retry: once,
      logLevel: logLevel.INFO,
      logCreator: () => (entry) => log(`${entry.label} ${entry.namespace}: ${entry.log.message}`),
      socketFactory: (wanted) => {
        const socket = watched(sockets, wanted)
        return closed ? socket.destroy() : socket
      },
      ...more
    }
    const api = make(new Kafka(config), config)
    const close = async (patience: number): Promise<void> => {
      await withinTime(api.disconnect(), patience)
      closed = true
      for (const socket of sockets) socket.destroy()
    }
    return { api, close }
  }

  return {
    admin: () => client((from) => from.admin()),
    cluster: () =>
      client((from, config) => new ReadingCluster({ ...config, ...ofClusters, logger: from.logger() })),
    consumer: (group, sessionTimeout, rebalanceTimeout) => {
      const retry = {
        initialRetryTime: 100,
        maxRetryTime: 2_000,
        retries: 8,
        restartOnFailure: () => Promise.resolve(false)
      }
      const settings = {
        groupId: group,
        sessionTimeout,
        rebalanceTimeout,
        heartbeatInterval: 1_000,
        maxWaitTimeInMs: 250,
        minBytes: 1,
        // Compressed: some 6,000 records of a partition. They are unpacked batch by batch.
        maxBytesPerPartition: 256 * 1024,
        maxBytes: 1024 * 1024,
        retry
      }
      return client(
        (from, config) => {
          const logger = from.logger()
          const cluster = new ReadingCluster({ ...config, ...ofClusters, logger })
          return consumerOn({ ...settings, ...ofClusters, cluster, logger })
        },
        { requestTimeout: 10_000, retry }
      )
    }
  }
}

/** How a batch of records is compressed on its way to a broker. */
export const codecOf: Record<Compression, BatchCodec> = {
  none: { number: CompressionTypes.None },
  gzip: { number: CompressionTypes.GZIP, compress: (buffer) => gzipCodec.compress({ buffer }) },
  zstd: { number: CompressionTypes.ZSTD, compress: (buffer) => zstdCodec.compress({ buffer }) }
}

const saslOf = (login: NonNullable<KafkaAddress["login"]>): NonNullable<KafkaConfig["sasl"]> => {
  const credentials = { username: login.username, password: Redacted.value(login.password) }
  switch (login.mechanism) {
    case "plain":
      return { mechanism: "plain", ...credentials }
    case "scram-sha-256":
      return { mechanism: "scram-sha-256", ...credentials }
    case "scram-sha-512":
      return { mechanism: "scram-sha-512", ...credentials }
  }
}

const withinTime = async (promise: Promise<void>, milliseconds: number): Promise<void> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const end = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  await Promise.race([promise.catch(() => undefined), end])
  clearTimeout(timer)
}

CompressionCodecs[CompressionTypes.GZIP] = () => gzipCodec
CompressionCodecs[CompressionTypes.ZSTD] = () => zstdCodec
CompressionCodecs[CompressionTypes.LZ4] = () => lz4Codec
CompressionCodecs[CompressionTypes.Snappy] = () => snappyCodec

const inside = createRequire(import.meta.url)

/** As the library has it for its consumers; 1: of transactions, only what is committed. */
const ofClusters = {
  metadataMaxAge: 300_000,
  allowAutoTopicCreation: false,
  enforceRequestTimeout: true,
  isolationLevel: 1
}

const ClusterOfBrokers: new (
  config: KafkaConfig & typeof ofClusters & { readonly logger: Logger }
) => Cluster = inside("kafkajs/src/cluster/index.js")

const consumerOn: (
  config: ConsumerConfig & typeof ofClusters & { readonly cluster: Cluster; readonly logger: Logger }
) => Consumer = inside("kafkajs/src/consumer/index.js")

/** Brokers whose answers to a fetch are read by kafka-answer.ts. The library does all the rest. */
class ReadingCluster extends ClusterOfBrokers {
  override async findBroker(node: { nodeId: string }): Promise<Broker> {
    const broker = (await super.findBroker(node)) as Broker
    if (reading.has(broker)) return broker
    reading.add(broker)
    // A connection brings a new one.
    let lookup = readingItself(broker.lookupRequest)
    Object.defineProperty(broker, "lookupRequest", {
      get: () => lookup,
      set: (fresh: Lookup) => {
        lookup = readingItself(fresh)
      }
    })
    return broker
  }
}

const reading = new WeakSet<Broker>()

/** The number of the request that reads records. */
const fetchKey = 1

const readingItself =
  (lookup: Lookup): Lookup =>
  (key, requests) => {
    const requestOf = lookup(key, requests)
    if (key !== fetchKey) return requestOf
    return (about) => {
      const asked = requestOf(about)
      const version = asked.request.apiVersion
      if (!readsVersion(version)) throw new Error("this Kafka is older than 0.11")
      return {
        ...asked,
        response: { ...asked.response, decode: (bytes) => readAnswer(bytes, version, readOld) }
      }
    }
  }

const LibraryDecoder: new (bytes: Buffer) => object = inside("kafkajs/src/protocol/decoder.js")

const readMessageSet: (from: object, size: number) => Promise<ReadonlyArray<OldMessage>> = inside(
  "kafkajs/src/protocol/messageSet/decoder.js"
)

const readOld = (bytes: Buffer) =>
  oldBatchesIn(bytes, (messages) => readMessageSet(new LibraryDecoder(messages), messages.length))

/** The part of the library's request queue that is mended: a queue of requests that wait for their turn. */
interface RequestQueue {
  readonly pending: ReadonlyArray<unknown>
  readonly throttledUntil: number
  throttleCheckTimeoutId: ReturnType<typeof setTimeout> | null
  readonly checkPendingRequests: () => void
}

const queue: { prototype: { scheduleCheckPendingRequests: (this: RequestQueue) => void } } = inside(
  "kafkajs/src/network/requestQueue/index.js"
)

/**
 * The library's own (2.2.4) sets a timer for a moment in the past again and again, even when nothing waits: a
 * thousand times a second on every connection, and newer runtimes print a warning. This one sleeps when nothing waits.
 */
queue.prototype.scheduleCheckPendingRequests = function () {
  if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null
      this.checkPendingRequests()
    },
    Math.max(10, this.throttledUntil - Date.now())
  )
}

/** A request as the library sends it, and how it reads the answer. */
export interface Request {
  readonly request: {
    readonly apiVersion: number
    readonly encode: () => Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>
  }
  readonly response: { readonly decode: (bytes: Buffer) => Promise<unknown> }
}

/** Finds a request, by its number and of all its versions, in the newest that both sides know. */
type Lookup = (key: number, requests: object) => (about: object) => Request

/** What of a broker the library's types leave out: requests, and sending. */
export type Broker = Awaited<ReturnType<Cluster["findBroker"]>> & {
  readonly lookupRequest: Lookup
  readonly connectionPool: { readonly send: (request: Request) => Promise<unknown> }
}
