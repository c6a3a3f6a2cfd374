/** What the bus needs of a connection to NATS, in words of our own: no type of the client library is in it. */
import type { Effect, Redacted, Scope } from "effect"
import type { Failure } from "../../../contracts/failure.ts"
import type { BusMessage } from "../service.ts"

export interface NatsOptions {
  /** As in NATS_URL. */
  readonly url: Redacted.Redacted<string>
  /** Path of a credentials file; read again at every connection. */
  readonly creds: string | undefined
  /** Where answers to this process arrive: a subject, below which it must be allowed to subscribe. */
  readonly inboxPrefix: string
}

/** One header of a message. */
export type Header = readonly [name: string, value: string]

/** A message as it was received. */
export interface Received extends BusMessage {
  /** The value of a header, or empty. */
  readonly header: (name: string) => string
  /** Sends an answer; undefined when nobody asked. */
  readonly reply: ((payload: Uint8Array | string, header?: Header) => void) | undefined
}

/** A subscription that is meant to exist on every connection. */
export interface Listener {
  readonly subject: string
  readonly queue: string | undefined
  /** Called for every message; must not throw. */
  readonly hear: (message: Received) => void
  /** Called when the server does not allow it; tried again on the next connection. */
  readonly deny: (failure: Failure) => void
}

export interface NatsLink {
  /** The servers, without secrets. */
  readonly address: string
  /** The largest payload that can be sent, bytes; while there is no connection as the last server had it. */
  readonly limit: () => number
  /** Keeps the subscription until the scope closes, which drains it. Fails when the server does not allow it. */
  readonly listen: (listener: Listener) => Effect.Effect<void, Failure, Scope.Scope>
  /** The first answer within `timeout` milliseconds. */
  readonly request: (
    subject: string,
    payload: Uint8Array,
    timeout: number,
    header: Header
  ) => Effect.Effect<Received, Failure>
  /** All answers within `window` milliseconds. */
  readonly requestMany: (
    subject: string,
    payload: Uint8Array,
    window: number,
    header: Header
  ) => Effect.Effect<ReadonlyArray<Received>, Failure>
  /** Sends if that is possible at once; else says why not. */
  readonly publish: (subject: string, payload: Uint8Array) => "sent" | "disconnected" | "backlog"
  /** Until the server has everything sent so far; at most 2 s. */
  readonly flush: Effect.Effect<void, Failure>
  /** Does the server answer, and allow all that we listen to? */
  readonly check: Effect.Effect<void, Failure>
}
