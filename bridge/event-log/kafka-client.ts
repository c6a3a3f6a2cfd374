/**
 * Connections to Kafka: the only file that knows the client library. What it makes is not connected yet.
 * Three things of the library are set right here: its codecs, a timer that never sleeps, and sockets that may hang.
 */
import { createRequire } from "node:module"
import { connect as connectPlain, isIP, type Socket } from "node:net"
import { connect as connectTls } from "node:tls"
import { Redacted } from "effect"
import {
  type Admin,
  type Cluster,
  CompressionCodecs,
  CompressionTypes,
  type Consumer,
  type EachBatchPayload,
  Kafka,
  type KafkaConfig,
  type KafkaMessage,
  type Logger,
  logLevel
} from "kafkajs"
import { gzipCodec, lz4Codec, snappyCodec, zstdCodec } from "./kafka-codecs.ts"
import type { BatchCodec } from "./record-batch.ts"

export type { Admin, Cluster, Consumer, EachBatchPayload } from "kafkajs"

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
      client((from, config) => {
        const more = { metadataMaxAge: 300_000, allowAutoTopicCreation: false, enforceRequestTimeout: true }
        return new ClusterOfBrokers({ ...config, ...more, logger: from.logger() })
      }),
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
        // Compressed: 64 KiB are some 3,000 records, and the library unpacks all of a fetch at once.
        maxBytesPerPartition: 64 * 1024,
        maxBytes: 256 * 1024,
        allowAutoTopicCreation: false,
        retry
      }
      return client((from) => from.consumer(settings), { requestTimeout: 10_000, retry })
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

/**
 * A socket without delay for small packets. The library hears of its end in every case: it listens for `end` and
 * `error` only, and a request on a socket that was closed without either would wait for ever.
 */
const watched = (
  sockets: Set<Socket>,
  wanted: Parameters<NonNullable<KafkaConfig["socketFactory"]>>[0]
): Socket => {
  const { host, port, ssl, onConnect } = wanted
  const name = isIP(host) === 0 ? { servername: host } : {}
  const socket = ssl
    ? connectTls({ host, port, ...name, ...ssl }, onConnect)
    : connectPlain({ host, port }, onConnect)
  socket.setNoDelay(true)
  socket.setKeepAlive(true, 10_000)
  let told = false
  const tell = (): void => {
    told = true
  }
  socket.once("end", tell)
  socket.once("error", tell)
  socket.once("close", () => {
    sockets.delete(socket)
    if (!told) socket.emit("end")
  })
  sockets.add(socket)
  return socket
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

const ClusterOfBrokers: new (
  config: KafkaConfig & {
    readonly metadataMaxAge: number
    readonly allowAutoTopicCreation: boolean
    readonly logger: Logger
  }
) => Cluster = inside("kafkajs/src/cluster/index.js")

/** What a broker answers to a fetch, of one partition: all that it read there, as the library decodes it. */
export interface FetchedPartition {
  readonly partition: number
  readonly highWatermark: string
  readonly messages: ReadonlyArray<
    KafkaMessage & {
      readonly batchContext?: { readonly firstOffset: string; readonly lastOffsetDelta: number }
    }
  >
}

/** The records among that: from the offset that was asked for on, without those of transactions that were taken back. */
export const RecordsOf: new (
  topic: string,
  offset: string,
  fetched: FetchedPartition
) => EachBatchPayload["batch"] = inside("kafkajs/src/consumer/batch.js")

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
  readonly response: object
}

/** What of a broker the library's types leave out: requests in the newest version that both sides know, and sending. */
export type Broker = Awaited<ReturnType<Cluster["findBroker"]>> & {
  readonly lookupRequest: (key: number, requests: object) => (about: object) => Request
  readonly connectionPool: { readonly send: (request: Request) => Promise<unknown> }
}

/** All versions of the request that stores records. */
export const produceRequests: object = inside("kafkajs/src/protocol/requests/produce/index.js")
