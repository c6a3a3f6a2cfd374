/**
 * One connection to a Kafka broker, and the requests that are sent on it: the only file that imports the client library,
 * of which it uses connections, requests and the login. A connection lives from `openConnection` until it fails or is
 * destroyed; it is never used again after a failure.
 */
import type { Buffer } from "node:buffer"
import { isIP } from "node:net"
import * as library from "@platformatic/kafka"
import { Redacted } from "effect"
import type { BrokerAddress, KafkaAddress } from "./address.ts"
import { BrokerError, NoResponse, NotConnected } from "./errors.ts"
import { fetchKey, fetchVersions, readAnswer } from "./wire/fetch-response.ts"
import {
  produceBody,
  produceKey,
  produceVersions,
  readProduced,
  type ToProduce
} from "./wire/produce-request.ts"

/** How long connecting may take, without and with a login, milliseconds. */
const connectTimeoutMs = 2_000
const loginTimeoutMs = 3_000
/** More requests than any caller has in flight: the library must not queue them without a time limit. */
const maxInFlight = 100_000
const keepAliveMs = 10_000
/** A request in the versions that are spoken here, the newest first. */
export interface Request<Args extends Array<unknown>, A> {
  readonly key: number
  readonly versions: ReadonlyArray<{
    readonly version: number
    readonly send: (connection: library.Connection, ...args: Args) => Promise<A>
  }>
}

/** A connected broker. */
export interface Broker {
  /**
   * Sends the request in the newest version that both sides know. Rejects with `BrokerError`, `NotConnected` (not sent)
   * or `NoResponse`.
   */
  readonly call: <Args extends Array<unknown>, A>(request: Request<Args, A>, ...args: Args) => Promise<A>
}

/** A connection, from when it is wanted. */
export interface OpenedConnection {
  /** Resolves when the broker is connected and has accepted the login; rejects with `NotConnected`. */
  readonly ready: Promise<Broker>
  readonly isUsable: () => boolean
  /** Closes the socket at once. What is in flight fails. */
  readonly destroy: () => void
}

/** `onGone` is called when it can no longer be used. */
export const openConnection = (
  { tls, tlsFiles, login }: KafkaAddress,
  { host, port }: BrokerAddress,
  requestTimeoutMs: number,
  onGone: () => void
): OpenedConnection => {
  const connection = new library.Connection("spoor", {
    connectTimeout: login === undefined ? connectTimeoutMs : loginTimeoutMs,
    requestTimeout: requestTimeoutMs,
    maxInflights: maxInFlight,
    ...(tls ? { tls: tlsFiles?.() ?? {}, tlsServerName: isIP(host) === 0 } : {}),
    ...(login === undefined ? {} : { sasl: saslOf(login) })
  })
  connection.on("error", onGone)
  connection.on("close", onGone)
  let isDestroyed = false
  const destroy = (): void => {
    isDestroyed = true
    connection.socket?.destroy()
  }

  const connect = async (): Promise<Broker> => {
    let isConnected = false
    if (isDestroyed) throw new NotConnected("the connection is closed")
    try {
      await connection.connect(host, port)
      isConnected = true
      connection.socket.setKeepAlive(true, keepAliveMs)
      const { apiKeys } = await library.apiVersionsV0.api.async(connection, "", "")
      return brokerOn(connection, new Map(apiKeys.map((one) => [one.apiKey, one])))
    } catch (error) {
      onGone()
      destroy()
      throw isConnected ? silent(error, tls && login === undefined) : notConnected(error, login)
    }
  }
  return { ready: Promise.resolve().then(connect), isUsable: () => connection.isConnected(), destroy }
}

const brokerOn = (
  connection: library.Connection,
  known: ReadonlyMap<number, { readonly minVersion: number; readonly maxVersion: number }>
): Broker => {
  /** The broker asked to wait until then, milliseconds of this process. */
  let throttledUntil = 0

  /** Returns when a request may be sent: a login that is renewed takes some, which no other may interrupt. */
  const free = async (): Promise<void> => {
    const throttledMs = throttledUntil - performance.now()
    if (throttledMs > 0) await new Promise((resolve) => setTimeout(resolve, throttledMs))
    if (connection.status === "reauthenticating") await connection.ready().catch(() => {})
    if (!connection.isConnected()) throw new NotConnected("the connection is closed")
  }

  return {
    call: async (request, ...args) => {
      const { minVersion, maxVersion } = known.get(request.key) ?? { minVersion: 0, maxVersion: -1 }
      const spoken = request.versions.find(({ version }) => version >= minVersion && version <= maxVersion)
      if (spoken === undefined) {
        const text = "this Kafka is older than 0.11, or newer than this client knows"
        throw new BrokerError("UNSUPPORTED_VERSION", text)
      }
      if (throttledUntil > 0 || !connection.isConnected()) await free()
      try {
        const answer = await spoken.send(connection, ...args)
        const throttledMs = throttleOf(answer)
        if (throttledMs > 0) throttledUntil = performance.now() + throttledMs
        return answer
      } catch (error) {
        throw responseError(error)
      }
    }
  }
}

/** How long the client shall wait before its next request, milliseconds: only requests for records are throttled. */
const throttleOf = (answer: unknown): number =>
  typeof answer === "object" && answer !== null && "clientSideThrottleTime" in answer
    ? Number(answer.clientSideThrottleTime ?? 0)
    : 0

type Login = KafkaAddress["login"]

const saslOf = ({ mechanism, username, password }: NonNullable<Login>): library.SASLOptions => ({
  mechanism: mechanisms[mechanism],
  username,
  password: Redacted.value(password)
})

const { PLAIN, SCRAM_SHA_256, SCRAM_SHA_512 } = library.SASLMechanisms
const mechanisms = { plain: PLAIN, "scram-sha-256": SCRAM_SHA_256, "scram-sha-512": SCRAM_SHA_512 }

/** The error and what caused it, the outermost first: the library wraps one in the other. */
const causesOf = (error: unknown): ReadonlyArray<Error> => {
  const causes: Array<Error> = []
  for (let at = error; at instanceof Error && causes.length < 8; ) {
    causes.push(at)
    at = at instanceof AggregateError ? at.errors[0] : at.cause
  }
  return causes
}

const isTimeout = (error: Error): boolean => error instanceof library.TimeoutError

/** What the broker answered, else what the innermost error says, without a full stop. */
const textOf = (causes: ReadonlyArray<Error>): string => {
  const answered = answeredIn(causes)
  const text = answered?.serverErrorMessage || answered?.message || causes.at(-1)?.message
  return String(text || "unknown error").replace(/\.$/, "")
}

const answeredIn = (causes: ReadonlyArray<Error>): library.ProtocolError | undefined =>
  causes.find((one) => one instanceof library.ProtocolError)

/** What kept a connected broker from telling the versions that it knows. */
const silent = (error: unknown, isTlsOnly: boolean): NotConnected => {
  const failure = responseError(error)
  const isLate = failure instanceof NoResponse && failure.isTimeout
  return new NotConnected(failure.message, isLate ? "no response" : isTlsOnly ? "closed with TLS" : "other")
}

/** Why no connection came about. A connection that was lost during the login says nothing about the login. */
const notConnected = (error: unknown, login: Login): NotConnected => {
  const causes = causesOf(error)
  const isLost = [library.NetworkError, library.TimeoutError].some((kind) => causes.at(-1) instanceof kind)
  const isOfLogin = causes.some((one) => one instanceof library.AuthenticationError)
  if (login !== undefined && (answeredIn(causes) !== undefined || (isOfLogin && !isLost)))
    return new NotConnected(
      `SASL ${mechanisms[login.mechanism]} authentication failed: ${textOf(causes)}`,
      "login refused"
    )
  return new NotConnected(causes.some(isTimeout) ? "Connection timeout" : textOf(causes))
}

/** What became of a request that was sent. */
const responseError = (error: unknown): BrokerError | NoResponse => {
  const causes = causesOf(error)
  const answered = answeredIn(causes)
  if (answered === undefined) {
    const isLate = causes.some(isTimeout)
    return new NoResponse(isLate ? "no response in time" : textOf(causes), isLate)
  }
  const memberId = typeof answered.memberId === "string" && answered.memberId
  return new BrokerError(String(answered.apiId), textOf(causes), memberId || undefined)
}

/** The error of an answer's code. */
export const brokerError = (code: number): BrokerError => {
  try {
    const error = new library.ProtocolError(code)
    return new BrokerError(String(error.apiId), textOf([error]))
  } catch {
    return new BrokerError(`ERROR_${code}`, "the broker gave an answer that is not known here")
  }
}

/** One request of the library, in several versions that take the same arguments. */
const ofLibrary = <Args extends Array<unknown>, A>(
  ...versions: ReadonlyArray<{ readonly api: library.API<Args, A> }>
): Request<Args, A> => ({
  key: versions[0]?.api.key ?? -1,
  versions: versions.map(({ api }) => ({ version: api.version, send: api.async }))
})

/** Of the same request, where an error of a part is no error of the whole answer, which names it. */
const withPartErrors = <Args extends Array<unknown>, A>(request: Request<Args, A>): Request<Args, A> => ({
  key: request.key,
  versions: request.versions.map(({ version, send }) => ({
    version,
    send: (connection, ...args) =>
      send(connection, ...args).catch((error) => {
        if (error instanceof library.ResponseError && error.response !== undefined) return error.response as A
        throw error
      })
  }))
})

/** One request whose response is read by our own code; `bodyOf` is given the version's place in the list. */
const withOwnBytes = <Args extends Array<unknown>, A>(
  key: number,
  versions: ReadonlyArray<number>,
  bodyOf: (place: number) => (...args: Args) => library.Writer,
  read: (bytes: Buffer, version: number) => A
): Request<Args, A> => ({
  key,
  versions: versions.map((version, place) => {
    const parse = (_id: number, _key: number, _version: number, reader: library.Reader): A =>
      read(reader.buffer.slice(reader.position), version)
    const { async: send } = library.createAPI<Args, A>(key, version, bodyOf(place), parse, false, false)
    return { version, send }
  })
})

const fetchBodies = [
  ...[library.fetchV11, library.fetchV10, library.fetchV9, library.fetchV8],
  ...[library.fetchV7, library.fetchV6, library.fetchV5, library.fetchV4]
]

const metadataVersions = [library.metadataV8, library.metadataV7, library.metadataV6, library.metadataV5]

/**
 * The requests, in versions since Kafka 0.11. The library encodes and decodes them, except record batches and the fetch
 * and produce responses about them, which wire/ does.
 */
export const requests = {
  produce: withOwnBytes(
    produceKey,
    produceVersions,
    () => (what: ToProduce) => library.Writer.create().append(produceBody(what)),
    readProduced
  ),
  fetch: withOwnBytes(
    fetchKey,
    fetchVersions,
    (i) => fetchBodies[i]?.createRequest ?? library.fetchV11.createRequest,
    readAnswer
  ),
  metadata: withPartErrors(ofLibrary(...metadataVersions, library.metadataV4)),
  createTopics: ofLibrary(library.createTopicsV4, library.createTopicsV3, library.createTopicsV2),
  listOffsets: ofLibrary(
    ...[library.listOffsetsV5, library.listOffsetsV4, library.listOffsetsV3, library.listOffsetsV2]
  ),
  findCoordinator: ofLibrary(library.findCoordinatorV2, library.findCoordinatorV1),
  joinGroup: ofLibrary(
    ...[library.joinGroupV5, library.joinGroupV4, library.joinGroupV3, library.joinGroupV2]
  ),
  syncGroup: ofLibrary(library.syncGroupV3, library.syncGroupV2, library.syncGroupV1),
  heartbeat: ofLibrary(library.heartbeatV3, library.heartbeatV2, library.heartbeatV1),
  leaveGroup: ofLibrary(library.leaveGroupV3, library.leaveGroupV2, library.leaveGroupV1),
  offsetCommit: ofLibrary(
    ...[library.offsetCommitV7, library.offsetCommitV6, library.offsetCommitV5, library.offsetCommitV4],
    library.offsetCommitV3
  ),
  offsetFetch: ofLibrary(library.offsetFetchV5, library.offsetFetchV4, library.offsetFetchV3)
}

/** How members of a group share the partitions: the codec and the assigner of the "consumer" protocol. */
export const groupProtocol = {
  encodeSubscription: library.encodeConsumerProtocolSubscription,
  decodeSubscription: library.decodeConsumerProtocolSubscription,
  encodeAssignment: library.encodeConsumerProtocolAssignment,
  decodeAssignment: library.decodeConsumerProtocolAssignment,
  assign: library.roundRobinAssigner
}
