/** The message bus over a connection to NATS; it lives as long as the connection. */
import { Cause, Clock, Effect, Queue, Schema, type Scope, Stream } from "effect"
import { Failure, FailureReason } from "../../../contracts/failure.ts"
import { countDropped } from "../dropped-messages.ts"
import { makeAnswers } from "../request-handlers.ts"
import type { BusMessage, BusRequest, MessageBus } from "../service.ts"
import { isSubject } from "../subject.ts"
import { connectNats } from "./connection.ts"
import type { Header, NatsOptions, Received } from "./connection-types.ts"

/**
 * How long the one who asks still waits (whole milliseconds: no machine knows another's clock), and why there is no
 * answer (the body says more).
 */
const patienceHeader = "Spoor-Patience"
const failureHeader = "Spoor-Failure"
/** How long the asker of a request without our header is taken to wait, milliseconds. */
const usualPatience = 5_000

/** Fails with `misconfigured` when the options cannot work; never because a server is away. */
export const makeNats = Effect.fnUntraced(function* (
  options: NatsOptions
): Effect.fn.Return<MessageBus["Service"], Failure, Scope.Scope> {
  const link = yield* connectNats(options)

  const sendable = (subject: string, payload: Uint8Array): Effect.Effect<void, Failure> => {
    if (!isSubject(subject)) return refuse("unreadable", `"${subject}" is not a subject`)
    const limit = link.limit()
    return payload.length <= limit
      ? Effect.void
      : refuse("too-large", `a message of ${payload.length} bytes is over the limit of ${limit}`)
  }

  return {
    dependency: { kind: "nats", embedded: false, address: link.address, check: link.check },

    request: Effect.fnUntraced(function* (subject, payload, deadline) {
      const timeout = deadline - (yield* Clock.currentTimeMillis)
      if (timeout < 1) return yield* refuse("expired", `the deadline for asking ${subject} has passed`)
      yield* sendable(subject, payload)
      const answer = yield* link.request(subject, payload, timeout, patience(timeout))
      const failure = failureIn(answer)
      return failure === undefined ? answer.payload : yield* failure
    }),

    requestMany: Effect.fnUntraced(function* (subject, payload, window) {
      yield* sendable(subject, payload)
      const answers = yield* link.requestMany(subject, payload, window, patience(window))
      return answers.filter((one) => failureIn(one) === undefined).map((one) => one.payload)
    }),

    serve: Effect.fnUntraced(function* (subject, queue, answer) {
      const answers = yield* makeAnswers(subject, answer, link.limit)
      yield* Effect.addFinalizer(() => answers.finish)
      yield* link.listen({
        subject,
        queue,
        hear: (message) => {
          const { reply } = message
          if (reply === undefined) return
          answers.start(requestIn(message), (given) =>
            given instanceof Failure
              ? reply(given.message.slice(0, 1_000), [failureHeader, given.reason])
              : reply(given)
          )
        },
        deny: () => undefined
      })
    }),

    publish: (subject, payload) =>
      Effect.suspend(() => {
        if (!isSubject(subject)) return countDropped("unreadable")
        if (payload.length > link.limit()) return countDropped("too-large")
        const outcome = link.publish(subject, payload)
        return outcome === "sent" ? Effect.void : countDropped(outcome)
      }),

    subscribe: (subject) =>
      Stream.callback<BusMessage, Failure>(
        (queue) =>
          link.listen({
            subject,
            queue: undefined,
            hear: (message) => {
              if (Queue.isFullUnsafe(queue)) Effect.runSync(countDropped("slow-watcher"))
              Queue.offerUnsafe(queue, { subject: message.subject, payload: message.payload })
            },
            deny: (failure) => Queue.failCauseUnsafe(queue, Cause.fail(failure))
          }),
        { bufferSize: 1024, strategy: "sliding" }
      ),

    flush: link.flush
  }
})

const patience = (left: number): Header => [patienceHeader, String(Math.max(1, Math.floor(left)))]

const requestIn = (message: Received): BusRequest => {
  const left = Number(message.header(patienceHeader))
  return {
    subject: message.subject,
    payload: message.payload,
    deadline: Date.now() + (Number.isSafeInteger(left) && left > 0 ? left : usualPatience)
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
