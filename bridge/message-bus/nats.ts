/**
 * The connection to NATS, and the only file that knows the client library. It is made in the background and made
 * again for ever, so it is there with or without a server; closing its scope drains it while it is connected. Only the
 * first attempt is waited for, so that where there is a server nobody is refused for having come too early.
 */
import { readFileSync } from "node:fs"
import {
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  headers,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
  type Status,
  type Subscription
} from "@nats-io/transport-node"
import { Deferred, Effect, Redacted, type Scope, Stream } from "effect"
import { maxMessageBytes } from "../../contracts/codec.ts"
import { Failure } from "../../contracts/failure.ts"
import { makeBacklog } from "./backlog.ts"
import { bounded, failureOf, unavailable } from "./nats-failure.ts"
import type { Header, Listener, NatsLink, NatsOptions, Received } from "./nats-link.ts"
import { type NatsAddress, parseNatsUrl } from "./nats-url.ts"
import { isSubject } from "./subject.ts"

/** What the server's `max_payload` must hold beside the payload: our headers. */
const headerBytes = 1024

/** How long the first attempt is waited for at the most, milliseconds. */
const firstTry = 1_000

/** Fails with `unreadable` when the options cannot work; never because a server is away. */
export const connectNats = Effect.fnUntraced(function* (
  options: NatsOptions
): Effect.fn.Return<NatsLink, Failure, Scope.Scope> {
  const address = yield* parseNatsUrl(Redacted.value(options.url))
  const dialOptions = yield* connectionOptions(options, address)

  const listeners = new Map<Listener, { subscription?: Subscription; denied?: Failure }>()
  const inFlight = new Set<(failure: Failure) => void>()
  /** Only while it is connected. */
  let connection: NatsConnection | undefined
  let trouble = "no connection to NATS yet"
  let complaint = ""
  let limit = maxMessageBytes
  let isCrowded = (): boolean => false

  const attach = (listener: Listener, nc: NatsConnection): void => {
    if (nc.isClosed() || nc.isDraining()) return
    const state: { subscription?: Subscription; denied?: Failure } = {}
    listeners.set(listener, state)
    state.subscription = nc.subscribe(listener.subject, {
      ...(listener.queue === undefined ? {} : { queue: listener.queue }),
      callback: (error, message) => {
        if (error === null) return listener.hear(received(message))
        state.denied = unavailable(`NATS does not let us listen on ${listener.subject}: ${error.message}`)
        listener.deny(state.denied)
      }
    })
  }

  const raise = (nc: NatsConnection): void => {
    connection = nc
    isCrowded = makeBacklog(
      () => nc.stats().outBytes,
      () => nc.flush()
    )
    for (const [listener, { subscription }] of listeners) {
      if (subscription === undefined || subscription.isClosed()) attach(listener, nc)
    }
  }

  /** The library lets requests wait for their timeout when the connection is lost; here they fail at once. */
  const fall = (why: string): void => {
    connection = undefined
    trouble = why
    for (const fail of inFlight) fail(new Failure({ reason: "timeout", message: `${why} while waiting` }))
    inFlight.clear()
  }

  const follow =
    (nc: NatsConnection) =>
    (status: Status): Effect.Effect<void> => {
      if (status.type === "disconnect") {
        fall(`the connection to NATS (${status.server}) was lost`)
        return Effect.logWarning(`NATS: ${trouble}`)
      }
      if (status.type === "reconnect") {
        raise(nc)
        return Effect.logInfo(`NATS: connected to ${status.server} again`)
      }
      if (status.type !== "error" || status.error.message === complaint) return Effect.void
      complaint = status.error.message
      return Effect.logWarning(`NATS: ${complaint}`)
    }

  /** Lets what was sent reach the server, when there is one, then closes. */
  const hangUp = (nc: NatsConnection): Effect.Effect<void> =>
    Effect.suspend(() => {
      const drained =
        connection === undefined ? Effect.void : Effect.ignore(bounded("closing", () => nc.drain()))
      fall("the connection to NATS was closed")
      return Effect.andThen(
        drained,
        Effect.promise(() => nc.close())
      )
    })

  const tried = yield* Deferred.make<void>()
  const session = Effect.gen(function* () {
    const nc = yield* Effect.acquireRelease(dial(dialOptions), hangUp, { interruptible: true })
    raise(nc)
    yield* Deferred.succeed(tried, undefined)
    yield* Effect.logInfo(`NATS: connected to ${nc.getServer()}`)
    yield* Stream.runForEach(
      Stream.fromAsyncIterable(nc.status(), (cause) => unavailable(String(cause))),
      follow(nc)
    )
  }).pipe(
    Effect.scoped,
    Effect.catch((failure) =>
      Effect.suspend(() => {
        if (failure.message === trouble) return Effect.void
        trouble = failure.message
        return Effect.logWarning(`NATS: ${trouble}; trying again`)
      })
    )
  )
  yield* session.pipe(
    Effect.andThen(Deferred.succeed(tried, undefined)),
    Effect.andThen(Effect.suspend(() => Effect.sleep(250 + Math.random() * 250))),
    Effect.forever,
    Effect.forkScoped
  )
  yield* Effect.timeoutOption(Deferred.await(tried), firstTry)

  const listen = Effect.fnUntraced(function* (listener: Listener) {
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        listeners.set(listener, {})
        if (connection !== undefined) attach(listener, connection)
      }),
      () =>
        Effect.suspend(() => {
          const subscription = listeners.get(listener)?.subscription
          listeners.delete(listener)
          if (subscription === undefined || subscription.isClosed()) return Effect.void
          if (connection !== undefined) return Effect.ignore(bounded("draining", () => subscription.drain()))
          subscription.unsubscribe()
          return Effect.void
        })
    )
    yield* Effect.ignore(flush)
    const denied = listeners.get(listener)?.denied
    if (denied !== undefined) return yield* denied
  })

  const connected = Effect.suspend(() =>
    connection === undefined ? Effect.fail(unavailable(trouble)) : Effect.succeed(connection)
  )

  const flush = Effect.flatMap(connected, (nc) => bounded("waiting for NATS", () => nc.flush()))

  /** Runs `ask` and fails at once when the connection is lost meanwhile. */
  const waiting = <A>(subject: string, ask: () => Promise<A>): Effect.Effect<A, Failure> =>
    Effect.callback((resume) => {
      const fail = (failure: Failure): void => resume(Effect.fail(failure))
      inFlight.add(fail)
      ask()
        .then(
          (value) => resume(Effect.succeed(value)),
          (error) => fail(failureOf(error, subject))
        )
        .finally(() => inFlight.delete(fail))
      return Effect.sync(() => inFlight.delete(fail))
    })

  return {
    address: address.servers.join(", "),

    limit: () => {
      const max = connection?.info?.max_payload
      if (max !== undefined) limit = Math.min(maxMessageBytes, max - headerBytes)
      return limit
    },

    listen,

    request: Effect.fnUntraced(function* (subject, payload, timeout, header) {
      const nc = yield* connected
      return yield* waiting(subject, async () =>
        received(await nc.request(subject, payload, { timeout, headers: headersOf(header) }))
      )
    }),

    requestMany: Effect.fnUntraced(function* (subject, payload, window, header) {
      const nc = yield* connected
      return yield* waiting(subject, async () => {
        const answers = await nc.requestMany(subject, payload, {
          strategy: "timer",
          maxWait: window,
          headers: headersOf(header)
        })
        return Array.fromAsync(answers, received)
      })
    }),

    publish: (subject, payload) => {
      if (connection === undefined || connection.isClosed()) return "disconnected"
      if (isCrowded()) return "backlog"
      connection.publish(subject, payload)
      return "sent"
    },

    flush,

    check: Effect.suspend(() => {
      for (const { denied } of listeners.values()) if (denied !== undefined) return denied
      return flush
    })
  }
})

const connectionOptions = Effect.fnUntraced(function* (
  options: NatsOptions,
  address: NatsAddress
): Effect.fn.Return<ConnectionOptions, Failure> {
  if (!isSubject(options.inboxPrefix)) {
    return yield* new Failure({
      reason: "unreadable",
      message: `NATS_INBOX_PREFIX "${options.inboxPrefix}" is not a subject.`
    })
  }
  const { creds } = options
  if (creds !== undefined) {
    yield* Effect.try({
      try: () => readFileSync(creds),
      catch: (cause) =>
        new Failure({ reason: "unreadable", message: `NATS_CREDS cannot be read: ${String(cause)}.` })
    })
  }
  return {
    servers: [...address.servers],
    name: options.inboxPrefix,
    inboxPrefix: options.inboxPrefix,
    ...(address.tls ? { tls: {} } : {}),
    ...address.login,
    ...(creds === undefined ? {} : { authenticator: credsAuthenticator(() => readFileSync(creds)) }),
    ignoreAuthErrorAbort: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    reconnectJitterTLS: 250,
    pingInterval: 5_000,
    maxPingOut: 2,
    timeout: 5_000,
    noAsyncTraces: true
  }
})

const dial = (options: ConnectionOptions): Effect.Effect<NatsConnection, Failure> =>
  Effect.tryPromise({
    try: async (signal) => {
      const nc = await connect(options)
      if (signal.aborted) await nc.close()
      return nc
    },
    catch: (cause) =>
      unavailable(`no connection to NATS: ${cause instanceof Error ? cause.message : String(cause)}`)
  })

const headersOf = ([name, value]: Header): MsgHdrs => {
  const all = headers()
  all.set(name, value)
  return all
}

const received = (message: Msg): Received => ({
  subject: message.subject,
  payload: message.data,
  header: (name) => message.headers?.get(name) ?? "",
  reply: message.reply
    ? (payload, header) => {
        try {
          message.respond(payload, header === undefined ? {} : { headers: headersOf(header) })
        } catch {
          // The connection was closed meanwhile; the one who asked has seen that already, or will run out of time.
        }
      }
    : undefined
})
