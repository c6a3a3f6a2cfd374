/**
 * The connection to NATS: made in the background, and made again after each loss, with or without a server, until its
 * scope closes, which drains it while it is connected. Only the first attempt is awaited, so that a request right after
 * the start does not fail when the server is reachable.
 */
import { Deferred, Effect, type Scope, Stream } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import { maxMessageBytes } from "../../../contracts/messages/msgpack.ts"
import { type ConnectionState, makeConnectionState } from "../../connection-state.ts"
import { logWith, type Operation, type Outage, Outages, observed } from "../../outage.ts"
import type { Listener, NatsOptions, ReconnectingNats } from "./connection-types.ts"
import { dial, type NatsConnection, received, type Status, type Subscription, withHeaders } from "./dial.ts"
import { bounded, failureOf, lossReason, unavailable, warningOf } from "./errors.ts"
import { allServers, type DialOptions, readDialOptions } from "./options.ts"
import { ignoreOrphans } from "./orphans.ts"
import { makeBacklog } from "./outbound-backlog.ts"

/** Bytes of the server's `max_payload` that are left for our headers. */
const headerBytes = 1024

/** How long opening waits for the first attempt, milliseconds. */
const firstAttemptTimeoutMs = 1_000

/** Different warnings of a server that are logged; more are ignored. */
const maxWarnings = 100

const meanwhile = "Batches wait in the queue; live copies and reports of progress are lost."

/** A listener's subscription on the current connection, and why the server denied it. */
interface Attached {
  subscription?: Subscription
  denied?: Failure
}

/** The state that outlives a connection, and the current connection, if any. */
interface Client {
  readonly address: string
  readonly report: ConnectionState
  readonly outage: Outage
  readonly checking: Operation
  readonly run: (effect: Effect.Effect<void>) => unknown
  readonly listeners: Map<Listener, Attached>
  /** Fails each request in flight. */
  readonly inFlight: Set<(failure: Failure) => void>
  readonly loggedWarnings: Set<string>
  connection: NatsConnection | undefined
  /** Other servers of the same cluster, as the last server named them. */
  clusterServers: ReadonlyArray<string>
  isBacklogged: () => boolean
}

/**
 * Fails with `misconfigured` when the options cannot work; never because a server is unreachable.
 *
 * @example
 * const nats = yield* connectNats({ url, creds: undefined, inboxPrefix: "_INBOX.spoor" })
 * yield* nats.listen({ subject: "greet", queue: "q", onMessage: ({ reply }) => reply?.("hello"), onDenied: () => undefined })
 */
export const connectNats = Effect.fnUntraced(function* (
  options: NatsOptions
): Effect.fn.Return<ReconnectingNats, Failure, Scope.Scope> {
  const dialOptions = yield* readDialOptions(options)
  yield* ignoreOrphans
  const address = dialOptions.servers.join(", ")
  const run = Effect.runForkWith(yield* Effect.context<never>())
  const name = `NATS at ${address}`
  const log = logWith(run)
  const outage = (yield* Outages).of({ name, log })
  const client: Client = {
    address,
    report: makeConnectionState(name, outage, log),
    outage,
    checking: outage.operation({ meanwhile }),
    run,
    listeners: new Map(),
    inFlight: new Set(),
    loggedWarnings: new Set(),
    connection: undefined,
    clusterServers: [],
    isBacklogged: () => false
  }
  yield* keepConnected(client, dialOptions)
  return reconnecting(client)
})

/** Connects again after each loss until the scope closes; returns after the first attempt, or its timeout. */
const keepConnected = Effect.fnUntraced(function* (client: Client, options: DialOptions) {
  const attempted = yield* Deferred.make<void>()
  yield* session(client, options, Deferred.succeed(attempted, undefined)).pipe(
    Effect.scoped,
    Effect.catch(({ message }) => Effect.sync(() => client.report.down(message))),
    Effect.andThen(Deferred.succeed(attempted, undefined)),
    Effect.andThen(Effect.suspend(() => Effect.sleep(250 + Math.random() * 250))),
    Effect.forever,
    Effect.forkScoped
  )
  yield* Effect.timeoutOption(Deferred.await(attempted), firstAttemptTimeoutMs)
})

/** One connection, from the attempt to its end. Always fails, with the reason. */
const session = Effect.fnUntraced(function* (
  client: Client,
  options: DialOptions,
  onConnected: Effect.Effect<unknown>
) {
  const servers = allServers(options, client.clusterServers)
  const nc = yield* Effect.acquireRelease(
    dial({ ...options, servers }),
    (nc) => closeConnection(client, nc),
    {
      interruptible: true
    }
  )
  client.clusterServers = nc.info?.connect_urls ?? []
  connected(client, nc)
  yield* onConnected
  const statuses = Stream.fromAsyncIterable(nc.status(), (cause) => unavailable(lossReason(cause)))
  let reason: string | undefined
  const followed = Stream.runForEach(statuses, (status) =>
    Effect.sync(() => {
      reason = follow(client, nc, status, reason)
    })
  )
  const closed = Effect.promise(() => nc.closed())
  // A status from before the iteration began is not delivered, the end of the connection included.
  const cause = yield* Effect.raceFirst(Effect.andThen(followed, closed), closed)
  return yield* unavailable(reason ?? (cause instanceof Error ? lossReason(cause) : "the server closed it"))
})

const connected = (client: Client, nc: NatsConnection): void => {
  client.connection = nc
  client.isBacklogged = makeBacklog(
    () => nc.stats().outBytes,
    () => nc.flush()
  )
  for (const [listener, { subscription }] of client.listeners) {
    if (subscription === undefined || subscription.isClosed()) attach(client, listener, nc)
  }
  client.report.up()
}

const attach = ({ listeners }: Client, listener: Listener, nc: NatsConnection): void => {
  if (nc.isClosed() || nc.isDraining()) return
  const attached: Attached = {}
  listeners.set(listener, attached)
  attached.subscription = nc.subscribe(listener.subject, {
    ...(listener.queue === undefined ? {} : { queue: listener.queue }),
    callback: (error, message) => {
      if (error === null) return listener.onMessage(received(message))
      attached.denied = unavailable(
        `NATS denies the subscription to ${listener.subject}: ${error.message}; allow it for the user in NATS_URL or NATS_CREDS`
      )
      listener.onDenied(attached.denied)
    }
  })
}

/** After a loss the library lets requests wait for their timeout; here they fail at once. */
const disconnected = (client: Client, reason: string): void => {
  client.connection = undefined
  const message = `the connection to NATS at ${client.address} was lost before the reply: ${reason}`
  for (const fail of client.inFlight) fail(new Failure({ reason: "timeout", message }))
  client.inFlight.clear()
}

/** Handles a status of the connection; returns why the connection will end, once the server has reported it. */
const follow = (
  client: Client,
  nc: NatsConnection,
  status: Status,
  reason: string | undefined
): string | undefined => {
  if (nc.info?.connect_urls !== undefined) client.clusterServers = nc.info.connect_urls
  if (status.type === "disconnect") disconnected(client, reason ?? "it was closed")
  if (status.type !== "error") return reason
  const warning = warningOf(status.error)
  if (warning === undefined) return lossReason(status.error)
  const { loggedWarnings, address } = client
  if (loggedWarnings.size < maxWarnings && !loggedWarnings.has(warning)) {
    loggedWarnings.add(warning)
    client.run(Effect.logWarning(`NATS at ${address}: ${warning}`))
  }
  return reason
}

/** Drains while connected, so that the server receives everything sent, then closes. */
const closeConnection = (client: Client, nc: NatsConnection): Effect.Effect<void> =>
  Effect.suspend(() => {
    const drained =
      client.connection === undefined
        ? Effect.void
        : Effect.ignore(bounded("closing the connection to NATS", () => nc.drain()))
    disconnected(client, "this process closed it")
    return Effect.andThen(
      drained,
      Effect.promise(() => nc.close())
    )
  })

const reconnecting = (client: Client): ReconnectingNats => {
  let limit = maxMessageBytes
  const flush = flushOf(client)
  return {
    address: client.address,
    outage: client.outage,

    limit: () => {
      const max = client.connection?.info?.max_payload
      if (max !== undefined) limit = Math.min(maxMessageBytes, max - headerBytes)
      return limit
    },

    listen: (listener) => listen(client, listener),

    request: (subject, payload, timeout, headers) =>
      withConnection(client, subject, async (nc) =>
        received(await nc.request(subject, payload, { timeout, ...withHeaders(headers) }))
      ),

    requestMany: (subject, payload, window, headers) =>
      withConnection(client, subject, async (nc) => {
        const replies = await nc.requestMany(subject, payload, {
          strategy: "timer",
          maxWait: window,
          ...withHeaders(headers)
        })
        return Array.fromAsync(replies, received)
      }),

    publish: (subject, payload, headers) => {
      const { connection } = client
      if (connection === undefined || connection.isClosed()) return "disconnected"
      if (client.isBacklogged()) return "backlog"
      connection.publish(subject, payload, withHeaders(headers))
      return "sent"
    },

    flush,

    check: Effect.suspend(() => {
      for (const { denied } of client.listeners.values()) if (denied !== undefined) return denied
      // A check that fails shows an outage before the connection is lost.
      return observed(client.checking, flush)
    })
  }
}

const listen = Effect.fnUntraced(function* (client: Client, listener: Listener) {
  const { listeners } = client
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      listeners.set(listener, {})
      if (client.connection !== undefined) attach(client, listener, client.connection)
    }),
    () =>
      Effect.suspend(() => {
        const subscription = listeners.get(listener)?.subscription
        listeners.delete(listener)
        if (subscription === undefined || subscription.isClosed()) return Effect.void
        if (client.connection !== undefined) {
          return Effect.ignore(bounded("draining a subscription", () => subscription.drain()))
        }
        subscription.unsubscribe()
        return Effect.void
      })
  )
  yield* Effect.ignore(flushOf(client))
  const denied = listeners.get(listener)?.denied
  if (denied !== undefined) return yield* denied
})

const connectionOf = (client: Client): Effect.Effect<NatsConnection, Failure> =>
  Effect.suspend(() =>
    client.connection === undefined
      ? Effect.fail(unavailable(client.report.absence()))
      : Effect.succeed(client.connection)
  )

const flushOf = (client: Client): Effect.Effect<void, Failure> =>
  Effect.flatMap(connectionOf(client), (nc) => bounded("a flush to NATS", () => nc.flush()))

/** Runs `ask` on the connection; fails at once while disconnected, or when the connection is lost meanwhile. */
const withConnection = <A>(
  client: Client,
  subject: string,
  ask: (nc: NatsConnection) => Promise<A>
): Effect.Effect<A, Failure> =>
  Effect.flatMap(connectionOf(client), (nc) =>
    Effect.callback((resume) => {
      const fail = (failure: Failure): void => resume(Effect.fail(failure))
      client.inFlight.add(fail)
      ask(nc)
        .then(
          (value) => resume(Effect.succeed(value)),
          (error) => fail(failureOf(error, subject))
        )
        .finally(() => client.inFlight.delete(fail))
      return Effect.sync(() => client.inFlight.delete(fail))
    })
  )
