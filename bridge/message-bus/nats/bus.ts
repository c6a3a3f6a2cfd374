/** The message bus over a connection to NATS; it lives as long as the connection. */
import { Cause, Clock, Effect, Queue, Schema, type Scope, Stream } from "effect"
import { Failure, FailureReason } from "../../../contracts/failure.ts"
import {
  failureHeader,
  formatHeader,
  instanceHeader,
  patienceHeader
} from "../../../contracts/messages/format.ts"
import { traceparentHeader } from "../../../contracts/trace-context.ts"
import type { Dependency } from "../../dependency.ts"
import { countDropped } from "../dropped-messages.ts"
import { makeRequestHandlers } from "../request-handlers.ts"
import type { BusMessage, BusRequest, MessageBus } from "../service.ts"
import { isSubject } from "../subject.ts"
import { connectNats } from "./connection.ts"
import type { Header, NatsOptions, Received, ReconnectingNats } from "./connection-types.ts"

/** The timeout of a request without this header. */
const defaultTimeoutMs = 5_000
/** The length limit of a failure's message in a reply. */
const maxMessageCharacters = 1_000

const dependencyOf = ({ address, outage, check }: ReconnectingNats): Dependency => ({
  ...{ kind: "nats", embedded: false, address, outage, check }
})

/** Fails with `misconfigured` when the options cannot work; never because a server is unreachable. */
export const makeNats = Effect.fnUntraced(function* (
  options: NatsOptions
): Effect.fn.Return<MessageBus["Service"], Failure, Scope.Scope> {
  const nats = yield* connectNats(options)

  const exchange = exchangeOn(nats)
  return {
    dependency: dependencyOf(nats),
    exchange,
    request: (subject, payload, deadline, traceparent) =>
      Effect.map(exchange({ subject, payload, deadline, traceparent }), (reply) => reply.payload),

    requestMany: Effect.fnUntraced(function* (subject, payload, window) {
      yield* sendable(nats, subject, payload)
      const replies = yield* nats.requestMany(subject, payload, window, [timeoutHeaderOf(window)])
      return replies.filter((one) => failureIn(one) === undefined).map((one) => one.payload)
    }),

    serve: Effect.fnUntraced(function* (subject, queue, answer, instance) {
      const handlers = yield* makeRequestHandlers(subject, answer, nats.limit, instance)
      const named: ReadonlyArray<Header> = instance === undefined ? [] : [[instanceHeader, instance]]
      yield* Effect.addFinalizer(() => handlers.finish)
      yield* nats.listen({
        subject,
        queue,
        onMessage: (message) => {
          const { reply } = message
          if (reply === undefined) return
          handlers.start(requestIn(message), (outcome) =>
            outcome instanceof Failure
              ? reply(outcome.message.slice(0, maxMessageCharacters), [
                  [failureHeader, outcome.reason],
                  ...named
                ])
              : reply(outcome.payload, [...formatHeaderOf(outcome.format), ...named])
          )
        },
        onDenied: () => undefined
      })
    }),

    publish: (subject, payload, format) =>
      Effect.suspend(() => {
        if (!isSubject(subject)) return countDropped("unreadable")
        if (payload.length > nats.limit()) return countDropped("too-large")
        const outcome = nats.publish(subject, payload, formatHeaderOf(format))
        return outcome === "sent" ? Effect.void : countDropped(outcome)
      }),

    subscribe: (subject) =>
      Stream.callback<BusMessage, Failure>(
        (queue) =>
          nats.listen({
            subject,
            queue: undefined,
            onMessage: (message) => {
              if (Queue.isFullUnsafe(queue)) Effect.runSync(countDropped("slow-watcher"))
              const { subject, payload } = message
              Queue.offerUnsafe(queue, { subject, payload, format: formatIn(message) })
            },
            onDenied: (failure) => Queue.failCauseUnsafe(queue, Cause.fail(failure))
          }),
        { bufferSize: 1024, strategy: "sliding" }
      ),

    flush: nats.flush
  }
})

const sendable = (
  nats: ReconnectingNats,
  subject: string,
  payload: Uint8Array
): Effect.Effect<void, Failure> => {
  if (!isSubject(subject)) return refuse("unreadable", `"${subject}" is not a valid subject`)
  const limit = nats.limit()
  return payload.length <= limit
    ? Effect.void
    : refuse("too-large", `a message of ${payload.length} bytes exceeds the limit of ${limit} bytes`)
}

const exchangeOn = (nats: ReconnectingNats): MessageBus["Service"]["exchange"] =>
  Effect.fnUntraced(function* ({ subject, payload, deadline, traceparent, format }) {
    const timeout = deadline - (yield* Clock.currentTimeMillis)
    if (timeout < 1) return yield* refuse("expired", `the deadline of the request on ${subject} has passed`)
    yield* sendable(nats, subject, payload)
    const headers = [timeoutHeaderOf(timeout), ...formatHeaderOf(format)]
    if (traceparent !== undefined) headers.push([traceparentHeader, traceparent])
    const reply = yield* nats.request(subject, payload, timeout, headers)
    const failure = failureIn(reply)
    if (failure !== undefined) return yield* failure
    return { payload: reply.payload, format: formatIn(reply), instance: instanceIn(reply) }
  })

const timeoutHeaderOf = (timeoutMs: number): Header => [
  patienceHeader,
  String(Math.max(1, Math.floor(timeoutMs)))
]

const formatHeaderOf = (format: number | undefined): ReadonlyArray<Header> =>
  format === undefined || format === 1 ? [] : [[formatHeader, String(format)]]

/** The format that a header names; undefined without one. */
const formatIn = (message: Received): number | undefined => {
  const format = Number(message.header(formatHeader))
  return Number.isSafeInteger(format) && format > 0 ? format : undefined
}

/** The length limit of an instance's id: only a foreign one is longer. */
const maxInstanceCharacters = 64

const instanceIn = (message: Received): string | undefined =>
  message.header(instanceHeader).slice(0, maxInstanceCharacters) || undefined

const requestIn = (message: Received): BusRequest => {
  const timeoutMs = Number(message.header(patienceHeader))
  const traceparent = message.header(traceparentHeader)
  return {
    subject: message.subject,
    payload: message.payload,
    format: formatIn(message),
    deadline: Date.now() + (Number.isSafeInteger(timeoutMs) && timeoutMs > 0 ? timeoutMs : defaultTimeoutMs),
    traceparent: traceparent === "" ? undefined : traceparent
  }
}

const isReason = Schema.is(FailureReason)

const failureIn = (message: Received): Failure | undefined => {
  const reason = message.header(failureHeader)
  if (reason === "") return undefined
  return new Failure({
    reason: isReason(reason) ? reason : "crashed",
    message: new TextDecoder().decode(message.payload)
  })
}

const refuse = (reason: FailureReason, message: string): Effect.Effect<never, Failure> =>
  Effect.fail(new Failure({ reason, message }))
