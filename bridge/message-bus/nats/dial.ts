/** One attempt to connect to NATS, and its messages. The only file that imports the client library. */
import {
  connect,
  credsAuthenticator,
  headers,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
  nkeyAuthenticator,
  type WsSocketFactory,
  wsconnect
} from "@nats-io/transport-node"
import { Effect } from "effect"
import type { Failure } from "../../../contracts/failure.ts"
import type { TlsFiles } from "../../tls-files.ts"
import type { Header, Received } from "./connection-types.ts"
import { lossReason, unavailable } from "./errors.ts"
import type { DialOptions } from "./options.ts"
import { shuffled } from "./url.ts"
import { openWebSocket } from "./web-socket.ts"

export type { NatsConnection, Status, Subscription } from "@nats-io/transport-node"

/**
 * One attempt, at each server once. The library's own reconnection is off: it starts a new attempt for each refused
 * login, and reports all of them as connected when one is.
 */
export const dial = (options: DialOptions): Effect.Effect<NatsConnection, Failure> =>
  Effect.tryPromise({
    try: async (signal) => {
      const nc = await (options.isWebSocket ? dialWebSockets(options) : dialTcp(options))
      if (signal.aborted) await nc.close()
      return nc
    },
    catch: (cause) => unavailable(lossReason(cause, options.tls !== undefined))
  })

const dialTcp = (options: DialOptions): Promise<NatsConnection> => {
  const { servers, tls } = options
  return connect({ ...common(options), servers, ...(tls === undefined ? {} : { tls: tlsOptions(tls()) }) })
}

/**
 * The servers one after another, each in a connection of its own: over WebSocket the library ends the connection to the
 * second server when the first one fails.
 */
const dialWebSockets = async (options: DialOptions): Promise<NatsConnection> => {
  const { tls } = options
  let cause: unknown
  for (const server of shuffled(options.servers)) {
    let failed: string | undefined
    const wsFactory: WsSocketFactory = async (url) => {
      const encrypted = url.startsWith("wss:")
      const files = encrypted ? (tls?.() ?? {}) : undefined
      const socket = await openWebSocket(url, files, (reason) => {
        failed = reason
      })
      return { socket, encrypted }
    }
    try {
      return await wsconnect({ ...common(options), servers: [server], wsFactory })
    } catch (error) {
      cause = failed === undefined ? error : new Error(failed)
    }
  }
  throw cause
}

const common = ({ creds, nkey, name, inboxPrefix, user, pass, token }: DialOptions) => ({
  ...{ name, inboxPrefix },
  ...(user === undefined ? {} : { user }),
  ...(pass === undefined ? {} : { pass }),
  ...(token === undefined ? {} : { token }),
  ...(creds === undefined ? {} : { authenticator: credsAuthenticator(bytes(`${creds()}\n`)) }),
  ...(nkey === undefined ? {} : { authenticator: nkeyAuthenticator(bytes(nkey().trim())) }),
  reconnect: false,
  pingInterval: 5_000,
  maxPingOut: 2,
  timeout: 5_000,
  noAsyncTraces: true
})

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The library takes one text of authorities. */
const tlsOptions = ({ ca, cert, key }: TlsFiles) => ({
  ...(ca === undefined ? {} : { ca: ca.join("\n") }),
  ...(cert === undefined || key === undefined ? {} : { cert, key })
})

export const headersOf = (pairs: ReadonlyArray<Header>): MsgHdrs => {
  const all = headers()
  for (const [name, value] of pairs) all.set(name, value)
  return all
}

/** Headers cost bytes and time, so that a message without any is sent as such. */
export const withHeaders = (pairs: ReadonlyArray<Header>): { headers?: MsgHdrs } =>
  pairs.length === 0 ? {} : { headers: headersOf(pairs) }

export const received = (message: Msg): Received => ({
  subject: message.subject,
  payload: message.data,
  header: (name) => message.headers?.get(name) ?? "",
  reply: message.reply
    ? (payload, pairs) => {
        try {
          message.respond(payload, withHeaders(pairs))
        } catch {
          // The connection was closed meanwhile: the requester has failed already, or will time out.
        }
      }
    : undefined
})
