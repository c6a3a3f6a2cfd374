/**
 * Administration of Kafka: making topics and removing groups. The only file that imports `kafkajs`, which is loaded and
 * connected for each call and closed behind it.
 */
import { connect as connectPlain, isIP, type Socket } from "node:net"
import { connect as connectTls } from "node:tls"
import { Redacted } from "effect"
import type { KafkaConfig, Admin as LibraryAdmin } from "kafkajs"
import type { Topic } from "../../../contracts/ids.ts"
import type { KafkaAddress } from "./address.ts"
import { BrokerError, NotConnected } from "./errors.ts"

export interface Admin {
  /** Makes the topics, with partitions and replicas as the cluster has them by default. Does not wait for leaders. */
  readonly createTopics: (topics: ReadonlyArray<Topic>) => Promise<void>
  readonly deleteGroup: (group: string) => Promise<void>
}

/** How long saying goodbye to a broker may take, milliseconds. */
const disconnectTimeoutMs = 1_000

export const makeAdmin = (address: KafkaAddress, requestTimeoutMs: number): Admin => {
  const { brokers } = address

  /** Runs `work` with an admin on the first broker that can be reached. */
  const withAdmin = async <A>(work: (api: LibraryAdmin) => Promise<A>): Promise<A> => {
    const { Kafka, logLevel } = await import("kafkajs")
    let failure: unknown
    for (const first of brokers.keys()) {
      const sockets = new Set<Socket>()
      const order = [...brokers.slice(first), ...brokers.slice(0, first)]
      const config = configOf(address, order, requestTimeoutMs, sockets)
      const api = new Kafka({ ...config, logLevel: logLevel.NOTHING }).admin()
      try {
        await api.connect()
      } catch (error) {
        failure = error
        for (const socket of sockets) socket.destroy()
        continue
      }
      try {
        return await work(api)
      } catch (error) {
        throw errorOf(error)
      } finally {
        await withinTime(api.disconnect(), disconnectTimeoutMs)
        for (const socket of sockets) socket.destroy()
      }
    }
    throw new NotConnected(errorOf(failure).message)
  }

  return {
    createTopics: async (topics) => {
      const made = topics.map((topic) => ({ topic, numPartitions: -1, replicationFactor: -1 }))
      await withAdmin((api) => api.createTopics({ topics: made, waitForLeaders: false }))
    },
    deleteGroup: async (group) => {
      await withAdmin((api) => api.deleteGroups([group]))
    }
  }
}

/** `sockets`: those that are open, so that one that hangs can be closed. */
const configOf = (
  { tls, tlsFiles, login }: KafkaAddress,
  brokers: Array<string>,
  requestTimeout: number,
  sockets: Set<Socket>
): KafkaConfig => ({
  clientId: "spoor",
  brokers,
  ssl: tls ? (tlsFiles?.() ?? true) : false,
  ...(login === undefined ? {} : { sasl: saslOf(login) }),
  connectionTimeout: 2_000,
  authenticationTimeout: 3_000,
  // A login lasts longer than a call, and brokers refuse one that is renewed at once.
  reauthenticationThreshold: 0,
  requestTimeout,
  retry: { initialRetryTime: 50, maxRetryTime: 200, retries: 0 },
  socketFactory: ({ host, port, ssl, onConnect }) => {
    const name = isIP(host) === 0 ? { servername: host } : {}
    const socket = ssl
      ? connectTls({ host, port, ...name, ...ssl }, onConnect)
      : connectPlain({ host, port }, onConnect)
    socket.setNoDelay(true)
    sockets.add(socket)
    socket.once("close", () => {
      sockets.delete(socket)
      // The library waits for ever for what was asked on a socket that closed without one of its events.
      socket.emit("end")
    })
    return socket
  }
})

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

/** The innermost error: what a broker answered, else that the library could not do it. */
const errorOf = (error: unknown): Error => {
  let at = error
  for (let depth = 0; depth < 8 && at instanceof Error; depth++) {
    const inner: unknown = "errors" in at && Array.isArray(at.errors) ? at.errors[0] : at.cause
    if (!(inner instanceof Error)) break
    at = inner
  }
  if (!(at instanceof Error)) return new Error(String(at))
  return "type" in at && typeof at.type === "string" ? new BrokerError(at.type, at.message) : at
}

const withinTime = async (promise: Promise<void>, milliseconds: number): Promise<void> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const end = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  await Promise.race([promise.catch(() => undefined), end])
  clearTimeout(timer)
}
