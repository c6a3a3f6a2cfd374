/**
 * Pushes lines to the receivers of the centre over NATS in a WebSocket. One connection, opened by the first push and again
 * by the first push after its loss; it ends with its owner. The only file that imports `@nats-io/nats-core`.
 */
import {
  credsAuthenticator,
  headers,
  type Msg,
  type NatsConnection,
  nkeyAuthenticator,
  wsconnect
} from "@nats-io/nats-core"
import { Failure, type FailureReason } from "../../contracts/failure.ts"
import { pushSubject, readPushedReply, writePushedLines } from "../../contracts/messages/pushed-lines.ts"
import { type NatsAddress, shuffled } from "../message-bus/nats/url.ts"
import { verifyReply } from "../message-bus/reply-signature.ts"
import type { EdgeCentre } from "./service.ts"

export interface NatsCentreOptions {
  /** `ws://host:port` or `wss://…` of servers of one cluster. */
  readonly servers: ReadonlyArray<string>
  readonly login: NatsAddress["login"]
  /** The text of a credentials file. */
  readonly creds?: string | undefined
  /** The seed of an nkey. */
  readonly nkey?: string | undefined
  /** Replies arrive below this subject. */
  readonly inboxPrefix: string
  /** BUS_SECRET of the centre, which signs its replies with it; undefined: they are not signed. */
  readonly busSecret?: string | undefined
}

/** Errors after which nothing was sent; after any other the push may have been done. */
const reasonsByName: Readonly<Record<string, FailureReason>> = {
  NoRespondersError: "no-responders",
  PermissionViolationError: "unavailable",
  ClosedConnectionError: "unavailable",
  DrainingConnectionError: "unavailable",
  InvalidArgumentError: "too-large"
}

export const natsCentre = (options: NatsCentreOptions): EdgeCentre => {
  const address = options.servers.map((server) => server.replace(/^wss?:\/\//, "")).join(", ")
  let opening: Promise<NatsConnection> | undefined

  const connection = (): Promise<NatsConnection> => {
    if (opening !== undefined) return opening
    const attempt = connect(options)
    opening = attempt
    const forget = (): void => {
      if (opening === attempt) opening = undefined
    }
    attempt.then((nc) => nc.closed().then(forget), forget)
    return attempt
  }

  const request = async (payload: Uint8Array, totalMs: number): Promise<Msg> => {
    const begun = Date.now()
    let nc: NatsConnection
    try {
      nc = await inTime(connection(), totalMs)
    } catch (cause) {
      throw new Failure({ reason: "unavailable", message: `NATS at ${address}: ${reasonOf(cause)}.` })
    }
    const timeoutMs = Math.max(1, begun + totalMs - Date.now())
    const sent = headers()
    sent.set("Spoor-Format", "2")
    sent.set("Spoor-Patience", String(timeoutMs))
    try {
      return await nc.request(pushSubject, payload, { timeout: timeoutMs, headers: sent })
    } catch (cause) {
      const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
      const reason = reasonsByName[inner instanceof Error ? inner.name : ""] ?? "timeout"
      // A connection that does not answer may be dead without a sign: the next push opens another.
      if (reason === "timeout") void nc.close().catch(() => {})
      throw new Failure({ reason, message: `${pushSubject} over NATS at ${address}: ${reasonOf(inner)}.` })
    }
  }

  return {
    address,
    push: async (pushed, timeoutMs) => {
      const payload = writePushedLines(pushed)
      const reply = await request(payload, timeoutMs)
      const reason = reply.headers?.get("Spoor-Failure")
      if (reason) throw failureIn(reason, reply.string())
      const { busSecret } = options
      const data =
        busSecret === undefined ? reply.data : verifyReply(busSecret, pushSubject, payload, reply.data)
      if (data === undefined) throw otherSecret("is not signed with this BUS_SECRET")
      try {
        readPushedReply(data, pushed)
      } catch (cause) {
        const isForeign = busSecret === undefined && cause instanceof Failure && cause.reason === "unreadable"
        throw isForeign ? otherSecret(`cannot be read (${cause.message})`) : cause
      }
    }
  }
}

const otherSecret = (what: string): Failure =>
  new Failure({
    reason: "unreadable",
    message: `The reply of a receiver ${what}: set the same BUS_SECRET at the edge and in the centre, or in neither.`
  })

/** The library has a timeout of its own for each server. The attempt goes on: a later push uses its connection. */
const inTime = async (opening: Promise<NatsConnection>, timeoutMs: number): Promise<NatsConnection> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    return await Promise.race([opening, late])
  } finally {
    clearTimeout(timer)
  }
}

const failureIn = (reason: string, message: string): Failure => {
  const known = ["busy", "expired", "unavailable", "crashed", "unreadable", "too-large", "timeout"] as const
  return new Failure({
    reason: known.find((one) => one === reason) ?? "unavailable",
    message: message === "" ? `A receiver on ${pushSubject} answered ${reason}.` : message
  })
}

/**
 * The servers one after another: of several, the library ends the connection to the second one when the first one fails.
 * Its own reconnection is off, as on the servers: after a loss the next push decides.
 */
const connect = async (options: NatsCentreOptions): Promise<NatsConnection> => {
  let cause: unknown
  for (const server of shuffled(options.servers)) {
    try {
      return await connectTo(server, options)
    } catch (error) {
      cause = error
    }
  }
  throw cause
}

const connectTo = (server: string, options: NatsCentreOptions): Promise<NatsConnection> => {
  const { login, creds, nkey, inboxPrefix } = options
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
  return wsconnect({
    servers: [server],
    name: "spoor edge",
    inboxPrefix,
    ...login,
    ...(creds === undefined ? {} : { authenticator: credsAuthenticator(encode(`${creds}\n`)) }),
    ...(nkey === undefined ? {} : { authenticator: nkeyAuthenticator(encode(nkey.trim())) }),
    reconnect: false,
    pingInterval: 5_000,
    maxPingOut: 2,
    timeout: 5_000,
    noAsyncTraces: true
  })
}

/** A clause for a person. workerd reports a connection that a server ends with an error only as disconnected. */
const reasonOf = (cause: unknown): string => {
  const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/\.+$/, "")
  return /without sending close|authori[sz]ation|authenticat/i.test(reason)
    ? `${reason}; check the login in NATS_URL, NATS_CREDS or NATS_NKEY`
    : reason
}
