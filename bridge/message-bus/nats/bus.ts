/** The message bus over a connection to NATS; it lives as long as the connection. */
import { Cause, Clock, Effect, Queue, Schema, type Scope, Stream } from "effect"
import { Failure, FailureReason } from "../../../contracts/failure.ts"
import { countDropped } from "../dropped-messages.ts"
import { makeRequestHandlers } from "../request-handlers.ts"
import type { BusMessage, BusRequest, MessageBus } from "../service.ts"
import { isSubject } from "../subject.ts"
import { connectNats } from "./connection.ts"
import type { Header, NatsOptions, Received } from "./connection-types.ts"

/** Header of a request: the time that the requester still waits, whole milliseconds (clocks of machines differ). */
const timeoutHeader = "Spoor-Patience"
/** Header of a reply: the reason of a failure, whose message is the body. */
const failureHeader = "Spoor-Failure"
/** The timeout of a request without this header. */
const defaultTimeoutMs = 5_000
/** The length limit of a failure's message in a reply. */
const maxMessageCharacters = 1_000

/** Fails with `misconfigured` when the options cannot work; never because a server is unreachable. */
export const makeNats = Effect.fnUntraced(function* (
  options: NatsOptions
): Effect.fn.Return<MessageBus["Service"], Failure, Scope.Scope> {
  const nats = yield* connectNats(options)

  const sendable = (subject: string, payload: Uint8Array): Effect.Effect<void, Failure> => {
    if (!isSubject(subject)) return refuse("unreadable", `"${subject}" is not a valid subject`)
    const limit = nats.limit()
    return payload.length <= limit
      ? Effect.void
      : refuse("too-large", `a message of ${payload.length} bytes exceeds the limit of ${limit} bytes`)
  }

  return {
    dependency: {
      kind: "nats",
      embedded: false,
      address: nats.address,
      outage: nats.outage,
      check: nats.check
    },

    request: Effect.fnUntraced(function* (subject, payload, deadline) {
      const timeout = deadline - (yield* Clock.currentTimeMillis)
      if (timeout < 1) return yield* refuse("expired", `the deadline of the request on ${subject} has passed`)
      yield* sendable(subject, payload)
      const reply = yield* nats.request(subject, payload, timeout, timeoutHeaderOf(timeout))
      const failure = failureIn(reply)
      return failure === undefined ? reply.payload : yield* failure
    }),

    requestMany: Effect.fnUntraced(function* (subject, payload, window) {
      yield* sendable(subject, payload)
      const replies = yield* nats.requestMany(subject, payload, window, timeoutHeaderOf(window))
      return replies.filter((one) => failureIn(one) === undefined).map((one) => one.payload)
    }),

    serve: Effect.fnUntraced(function* (subject, queue, answer) {
      const handlers = yield* makeRequestHandlers(subject, answer, nats.limit)
      yield* Effect.addFinalizer(() => handlers.finish)
      yield* nats.listen({
        subject,
        queue,
        onMessage: (message) => {
          const { reply } = message
          if (reply === undefined) return
          handlers.start(requestIn(message), (outcome) =>
            outcome instanceof Failure
              ? reply(outcome.message.slice(0, maxMessageCharacters), [failureHeader, outcome.reason])
              : reply(outcome)
          )
        },
        onDenied: () => undefined
      })
    }),

    publish: (subject, payload) =>
      Effect.suspend(() => {
        if (!isSubject(subject)) return countDropped("unreadable")
        if (payload.length > nats.limit()) return countDropped("too-large")
        const outcome = nats.publish(subject, payload)
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
              Queue.offerUnsafe(queue, { subject: message.subject, payload: message.payload })
            },
            onDenied: (failure) => Queue.failCauseUnsafe(queue, Cause.fail(failure))
          }),
        { bufferSize: 1024, strategy: "sliding" }
      ),

    flush: nats.flush
  }
})

const timeoutHeaderOf = (timeoutMs: number): Header => [
  timeoutHeader,
  String(Math.max(1, Math.floor(timeoutMs)))
]

const requestIn = (message: Received): BusRequest => {
  const timeoutMs = Number(message.header(timeoutHeader))
  return {
    subject: message.subject,
    payload: message.payload,
    deadline: Date.now() + (Number.isSafeInteger(timeoutMs) && timeoutMs > 0 ? timeoutMs : defaultTimeoutMs)
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
