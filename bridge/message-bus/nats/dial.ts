/** One attempt to connect to NATS, and its messages. The only file that imports the client library. */
import {
  connect,
  credsAuthenticator,
  headers,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
  nkeyAuthenticator
} from "@nats-io/transport-node"
import { Effect } from "effect"
import type { Failure } from "../../../contracts/failure.ts"
import type { TlsFiles } from "../../tls-files.ts"
import type { Header, Received } from "./connection-types.ts"
import { lossReason, unavailable } from "./errors.ts"
import type { DialOptions } from "./options.ts"

export type { NatsConnection, Status, Subscription } from "@nats-io/transport-node"

/**
 * One attempt, at each server once. The library's own reconnection is off: it starts a new attempt for each refused
 * login, and reports all of them as connected when one is.
 */
export const dial = ({ creds, nkey, tls, ...options }: DialOptions): Effect.Effect<NatsConnection, Failure> =>
  Effect.tryPromise({
    try: async (signal) => {
      const nc = await connect({
        ...options,
        ...(tls === undefined ? {} : { tls: tlsOptions(tls()) }),
        ...(creds === undefined ? {} : { authenticator: credsAuthenticator(bytes(`${creds()}\n`)) }),
        ...(nkey === undefined ? {} : { authenticator: nkeyAuthenticator(bytes(nkey().trim())) }),
        reconnect: false,
        pingInterval: 5_000,
        maxPingOut: 2,
        timeout: 5_000,
        noAsyncTraces: true
      })
      if (signal.aborted) await nc.close()
      return nc
    },
    catch: (cause) => unavailable(lossReason(cause, tls !== undefined))
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
