/**
 * The connection to NATS, and the only file that knows the client library. It is made in the background and made
 * again for ever, so it is there with or without a server; closing its scope drains it while it is connected. Only the
 * first attempt is waited for, so that where there is a server nobody is refused for having come too early.
 */
import { readFileSync } from "node:fs"
import {
  connect,
  credsAuthenticator,
  headers,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
  type Status,
  type Subscription
} from "@nats-io/transport-node"
import { Deferred, Effect, type Scope, Stream } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import { maxMessageBytes } from "../../../contracts/messages/msgpack.ts"
import { logWith, makeConnectionState } from "../../connection-state.ts"
import type { Header, Listener, NatsLink, NatsOptions, Received } from "./connection-types.ts"
import { bounded, complaintOf, failureOf, lossReason, unavailable } from "./errors.ts"
import { type DialOptions, readDialOptions } from "./options.ts"
import { ignoreOrphans } from "./orphans.ts"
import { makeBacklog } from "./outbound-backlog.ts"

/** What the server's `max_payload` must hold beside the payload: our headers. */
const headerBytes = 1024

/** How long the first attempt is waited for at the most, milliseconds. */
const firstTry = 1_000

/** Fails with `misconfigured` when the options cannot work; never because a server is away. */
export const connectNats = Effect.fnUntraced(function* (
  options: NatsOptions
): Effect.fn.Return<NatsLink, Failure, Scope.Scope> {
  const dialOptions = yield* readDialOptions(options)
  yield* ignoreOrphans
  const address = dialOptions.servers.join(", ")
  const run = Effect.runForkWith(yield* Effect.context<never>())
  const state = makeConnectionState(`NATS at ${address}`, logWith(run))

  const listeners = new Map<Listener, { subscription?: Subscription; denied?: Failure }>()
  const inFlight = new Set<(failure: Failure) => void>()
  /** Only while it is connected. */
  let connection: NatsConnection | undefined
  /** Other servers of the same cluster, as the last server named them. */
  let others: ReadonlyArray<string> = []
  /** What a server does not allow, each logged once. */
  const complaints = new Set<string>()
  let limit = maxMessageBytes
  let isCrowded = (): boolean => false

  const attach = (listener: Listener, nc: NatsConnection): void => {
    if (nc.isClosed() || nc.isDraining()) return
    const at: { subscription?: Subscription; denied?: Failure } = {}
    listeners.set(listener, at)
    at.subscription = nc.subscribe(listener.subject, {
      ...(listener.queue === undefined ? {} : { queue: listener.queue }),
      callback: (error, message) => {
        if (error === null) return listener.hear(received(message))
        at.denied = unavailable(`NATS does not let us listen on ${listener.subject}: ${error.message}`)
        listener.deny(at.denied)
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
    state.up()
  }

  /** The library lets requests wait for their timeout when the connection is lost; here they fail at once. */
  const fall = (why: string): void => {
    connection = undefined
    const message = `the connection to NATS at ${address} was lost while waiting: ${why}`
    for (const fail of inFlight) fail(new Failure({ reason: "timeout", message }))
    inFlight.clear()
  }

  /** What the server says while it is connected; returns why the connection will end, where it says so. */
  const follow = (nc: NatsConnection, status: Status, why: string | undefined): string | undefined => {
    if (nc.info?.connect_urls !== undefined) others = nc.info.connect_urls
    if (status.type === "disconnect") fall(why ?? "it was closed")
    if (status.type !== "error") return why
    const complaint = complaintOf(status.error)
    if (complaint === undefined) return lossReason(status.error)
    if (complaints.size < 100 && !complaints.has(complaint)) {
      complaints.add(complaint)
      run(Effect.logWarning(`NATS at ${address}: ${complaint}`))
    }
    return why
  }

  /** Lets what was sent reach the server, when there is one, then closes. */
  const hangUp = (nc: NatsConnection): Effect.Effect<void> =>
    Effect.suspend(() => {
      const drained =
        connection === undefined ? Effect.void : Effect.ignore(bounded("closing", () => nc.drain()))
      fall("it was closed here")
      return Effect.andThen(
        drained,
        Effect.promise(() => nc.close())
      )
    })

  const tried = yield* Deferred.make<void>()
  const session = Effect.gen(function* () {
    const servers = [...new Set([...dialOptions.servers, ...others])]
    const nc = yield* Effect.acquireRelease(dial({ ...dialOptions, servers }), hangUp, {
      interruptible: true
    })
    others = nc.info?.connect_urls ?? []
    raise(nc)
    yield* Deferred.succeed(tried, undefined)
    const statuses = Stream.fromAsyncIterable(nc.status(), (cause) => unavailable(lossReason(cause)))
    let why: string | undefined
    const followed = Stream.runForEach(statuses, (status) =>
      Effect.sync(() => {
        why = follow(nc, status, why)
      })
    )
    const closed = Effect.promise(() => nc.closed())
    // What has happened before anyone listens is told to nobody, its end neither.
    const cause = yield* Effect.raceFirst(Effect.andThen(followed, closed), closed)
    return yield* unavailable(why ?? (cause instanceof Error ? lossReason(cause) : "the server closed it"))
  }).pipe(
    Effect.scoped,
    Effect.catch(({ message }) => Effect.sync(() => state.down(message)))
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
    connection === undefined ? Effect.fail(unavailable(state.absence())) : Effect.succeed(connection)
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
    address,

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

/**
 * One attempt, at each server once. A connection that is lost ends: the library's own way of connecting again starts a
 * new attempt for each refused login, and all of them count as connected when one is.
 */
const dial = ({ creds, ...options }: DialOptions): Effect.Effect<NatsConnection, Failure> =>
  Effect.tryPromise({
    try: async (signal) => {
      const nc = await connect({
        ...options,
        ...(creds === undefined ? {} : { authenticator: credsAuthenticator(() => readFileSync(creds)) }),
        reconnect: false,
        pingInterval: 5_000,
        maxPingOut: 2,
        timeout: 5_000,
        noAsyncTraces: true
      })
      if (signal.aborted) await nc.close()
      return nc
    },
    catch: (cause) => unavailable(lossReason(cause))
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
