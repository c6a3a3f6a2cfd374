/**
 * The message bus within one process: the same guarantees as NATS, without a server. Lives as long as its layer.
 * Payloads are passed by reference: the sender must not change one after sending it.
 */
import { type Cause, Clock, Deferred, Effect, Queue, type Scope, Stream } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { maxMessageBytes } from "../../contracts/messages/msgpack.ts"
import { countDropped } from "./dropped-messages.ts"
import { makeRequestHandlers, type RequestHandlers } from "./request-handlers.ts"
import type { BusMessage, BusReply, BusRequest, MessageBus, OutgoingRequest } from "./service.ts"
import { isSubject, matcher } from "./subject.ts"

/** A handler of requests: a member of a queue group, or on its own. */
interface Responder {
  readonly queue: string | undefined
  readonly matches: (subject: string) => boolean
  readonly handlers: RequestHandlers
}

interface Subscriber {
  readonly matches: (subject: string) => boolean
  /** Returns whether an older message was dropped for it. */
  readonly deliver: (message: BusMessage) => boolean
}

interface Registered {
  readonly responders: Set<Responder>
  readonly subscribers: Set<Subscriber>
}

/** A separate bus: only users of the same bus reach each other. */
export const makeInProcess = (): MessageBus["Service"] => {
  const bus: Registered = { responders: new Set(), subscribers: new Set() }
  return {
    dependency: { kind: "in-process", embedded: true, address: "", check: Effect.void },
    request: (subject, payload, deadline, traceparent) =>
      Effect.map(exchange(bus, { subject, payload, deadline, traceparent }), (reply) => reply.payload),
    exchange: (request) => exchange(bus, request),
    requestMany: requestMany(bus),
    serve: serve(bus),

    publish: (subject, payload, format) =>
      Effect.suspend(() => {
        if (!isSubject(subject)) return countDropped("unreadable")
        if (payload.length > maxMessageBytes) return countDropped("too-large")
        return deliver(bus.subscribers, { subject, payload, format })
      }),

    subscribe: (subject) =>
      Stream.callback<BusMessage, Failure>(
        (queue) => subscribe(bus.subscribers, subject, queue),
        subscriberBuffer
      ),

    flush: Effect.void
  }
}

const deliver = (subscribers: ReadonlySet<Subscriber>, message: BusMessage): Effect.Effect<void> => {
  let slow = 0
  for (const subscriber of subscribers) {
    if (subscriber.matches(message.subject) && subscriber.deliver(message)) slow += 1
  }
  return slow === 0 ? Effect.void : Effect.repeat(countDropped("slow-watcher"), { times: slow - 1 })
}

/** The responders that receive a request: each one without a queue, and a random one of each queue. */
const recipientsOf = (responders: ReadonlySet<Responder>, subject: string): ReadonlyArray<Responder> => {
  const queues = new Map<string, Array<Responder>>()
  const all: Array<Responder> = []
  for (const responder of responders) {
    if (!responder.matches(subject)) continue
    if (responder.queue === undefined) all.push(responder)
    else queues.set(responder.queue, [...(queues.get(responder.queue) ?? []), responder])
  }
  for (const queue of queues.values()) {
    const one = queue[Math.floor(Math.random() * queue.length)]
    if (one !== undefined) all.push(one)
  }
  return all
}

/** Starts the handlers of a request; returns the number of replies to expect. */
const send = Effect.fnUntraced(function* (
  { responders, subscribers }: Registered,
  request: BusRequest,
  settle: (reply: BusReply | Failure) => void
) {
  const { subject, payload, format } = request
  if (!isSubject(subject)) return yield* refuse("unreadable", `"${subject}" is not a valid subject`)
  if (payload.length > maxMessageBytes) return yield* tooLarge(payload)
  yield* deliver(subscribers, { subject, payload, format })
  const recipients = recipientsOf(responders, subject)
  if (recipients.length === 0) return yield* refuse("no-responders", `no responder serves ${subject}`)
  for (const responder of recipients) responder.handlers.start(request, settle)
  return recipients.length
})

const exchange = Effect.fnUntraced(function* (bus: Registered, request: OutgoingRequest) {
  const { subject, deadline } = request
  const now = yield* Clock.currentTimeMillis
  if (deadline <= now) return yield* refuse("expired", `the deadline of the request on ${subject} has passed`)
  const first = yield* Deferred.make<BusReply, Failure>()
  yield* send(bus, request, (reply) =>
    Deferred.doneUnsafe(first, reply instanceof Failure ? Effect.fail(reply) : Effect.succeed(reply))
  )
  return yield* Deferred.await(first).pipe(
    Effect.timeoutOrElse({
      duration: deadline - now,
      orElse: () => refuse("timeout", `no reply on ${subject} before the deadline`)
    })
  )
})

const requestMany = (bus: Registered): MessageBus["Service"]["requestMany"] =>
  Effect.fnUntraced(function* (subject, payload, window) {
    const now = yield* Clock.currentTimeMillis
    const settled = yield* Queue.unbounded<BusReply | Failure>()
    const expected = yield* send(bus, { subject, payload, deadline: now + window }, (reply) =>
      Queue.offerUnsafe(settled, reply)
    )
    const replies: Array<Uint8Array> = []
    yield* Queue.take(settled).pipe(
      Effect.tap((reply) => Effect.sync(() => reply instanceof Failure || replies.push(reply.payload))),
      Effect.repeat({ times: expected - 1 }),
      Effect.timeoutOption(window)
    )
    return replies
  })

const serve = ({ responders }: Registered): MessageBus["Service"]["serve"] =>
  Effect.fnUntraced(function* (subject, queue, answer, instance) {
    const handlers = yield* makeRequestHandlers(subject, answer, () => maxMessageBytes, instance)
    const responder: Responder = { queue, matches: matcher(subject), handlers }
    yield* Effect.acquireRelease(
      Effect.sync(() => responders.add(responder)),
      () =>
        Effect.suspend(() => {
          responders.delete(responder)
          return handlers.finish
        })
    )
  })

const subscriberBuffer = { bufferSize: 1024, strategy: "sliding" } as const

const subscribe = (
  subscribers: Set<Subscriber>,
  subject: string,
  queue: Queue.Queue<BusMessage, Failure | Cause.Done>
): Effect.Effect<Subscriber, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const subscriber: Subscriber = {
        matches: matcher(subject),
        deliver: (message) => {
          const isFull = Queue.isFullUnsafe(queue)
          Queue.offerUnsafe(queue, message)
          return isFull
        }
      }
      subscribers.add(subscriber)
      return subscriber
    }),
    (subscriber) => Effect.sync(() => subscribers.delete(subscriber))
  )

const refuse = (reason: Failure["reason"], message: string): Effect.Effect<never, Failure> =>
  Effect.fail(new Failure({ reason, message }))

const tooLarge = (payload: Uint8Array): Effect.Effect<never, Failure> =>
  refuse("too-large", `a message of ${payload.length} bytes exceeds the limit of ${maxMessageBytes} bytes`)
