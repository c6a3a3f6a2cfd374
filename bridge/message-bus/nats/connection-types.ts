/** The connection to NATS as the bus uses it, without types of the client library. */
import type { Effect, Redacted, Scope } from "effect"
import type { Failure } from "../../../contracts/failure.ts"
import type { Outage } from "../../outage.ts"
import type { TlsSource } from "../../tls-files.ts"
import type { BusMessage } from "../service.ts"

export interface NatsOptions {
  /** As in NATS_URL. */
  readonly url: Redacted.Redacted<string>
  /** Path of a credentials file, read at every connection; or its text. */
  readonly creds: string | undefined
  /** Path of a file with the seed of an nkey, read at every connection; or the seed. */
  readonly nkey?: Redacted.Redacted<string> | undefined
  /** Own authorities and client certificate, for servers with TLS. */
  readonly tls?: TlsSource | undefined
  /** Replies to this process arrive below this subject; the NATS user must be allowed to subscribe there. */
  readonly inboxPrefix: string
}

/** One header of a message. */
export type Header = readonly [name: string, value: string]

/** A message as it was received. */
export interface Received extends BusMessage {
  /** The value of a header, or empty. */
  readonly header: (name: string) => string
  /** Sends a reply; undefined for a message that expects none. */
  readonly reply: ((payload: Uint8Array | string, headers: ReadonlyArray<Header>) => void) | undefined
}

/** A subscription that is made on every connection. */
export interface Listener {
  readonly subject: string
  readonly queue: string | undefined
  /** Must not throw. */
  readonly onMessage: (message: Received) => void
  /** The server does not allow the subscription; it is made again on the next connection. */
  readonly onDenied: (failure: Failure) => void
}

/** A connection that is made again after each loss. */
export interface ReconnectingNats {
  /** The servers, without secrets. */
  readonly address: string
  readonly outage: Outage
  /** The largest payload that can be sent, bytes; while disconnected, that of the last server. */
  readonly limit: () => number
  /** Keeps the subscription until the scope closes, which drains it. Fails when the server does not allow it. */
  readonly listen: (listener: Listener) => Effect.Effect<void, Failure, Scope.Scope>
  /** The first reply within `timeout` milliseconds. */
  readonly request: (
    subject: string,
    payload: Uint8Array,
    timeout: number,
    headers: ReadonlyArray<Header>
  ) => Effect.Effect<Received, Failure>
  /** All replies within `window` milliseconds. */
  readonly requestMany: (
    subject: string,
    payload: Uint8Array,
    window: number,
    headers: ReadonlyArray<Header>
  ) => Effect.Effect<ReadonlyArray<Received>, Failure>
  /** Sends without waiting, or returns why it cannot. */
  readonly publish: (
    subject: string,
    payload: Uint8Array,
    headers: ReadonlyArray<Header>
  ) => "sent" | "disconnected" | "backlog"
  /** Waits until the server has received everything sent so far; at most 2 s. */
  readonly flush: Effect.Effect<void, Failure>
  /** Succeeds when the server responds and allows every subscription. */
  readonly check: Effect.Effect<void, Failure>
}
