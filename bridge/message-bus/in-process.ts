/**
 * The message bus within one process: the same promises as NATS without a server. Lives as long as its layer.
 * Payloads are handed over as they are, not copied: whoever sends one must not change it afterwards.
 */
import { type Cause, Clock, Deferred, Effect, Queue, type Scope, Stream } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { maxMessageBytes } from "../../contracts/messages/msgpack.ts"
import { countDropped } from "./dropped-messages.ts"
import { type Answers, makeAnswers } from "./request-handlers.ts"
import type { BusMessage, BusRequest, MessageBus } from "./service.ts"
import { isSubject, matcher } from "./subject.ts"

interface Member {
  readonly queue: string | undefined
  readonly matches: (subject: string) => boolean
  readonly answers: Answers
}

interface Watcher {
  readonly matches: (subject: string) => boolean
  /** Says whether an older message had to make place. */
  readonly see: (message: BusMessage) => boolean
}

/** A bus of its own: who shares it can reach each other. */
export const makeInProcess = (): MessageBus["Service"] => {
  const members = new Set<Member>()
  const watchers = new Set<Watcher>()

  const show = (message: BusMessage): Effect.Effect<void> => {
    let slow = 0
    for (const watcher of watchers) if (watcher.matches(message.subject) && watcher.see(message)) slow += 1
    return slow === 0 ? Effect.void : Effect.repeat(countDropped("slow-watcher"), { times: slow - 1 })
  }

  /** Those who get a request: every member without a queue, and one of each queue by chance. */
  const chosen = (subject: string): ReadonlyArray<Member> => {
    const queues = new Map<string, Array<Member>>()
    const all: Array<Member> = []
    for (const member of members) {
      if (!member.matches(subject)) continue
      if (member.queue === undefined) all.push(member)
      else queues.set(member.queue, [...(queues.get(member.queue) ?? []), member])
    }
    for (const queue of queues.values()) {
      const one = queue[Math.floor(Math.random() * queue.length)]
      if (one !== undefined) all.push(one)
    }
    return all
  }

  /** Starts the answers to a request; says how many there will be. */
  const send = Effect.fnUntraced(function* (
    subject: string,
    payload: Uint8Array,
    deadline: number,
    settle: (answer: Uint8Array | Failure) => void
  ) {
    if (!isSubject(subject)) return yield* refuse("unreadable", `"${subject}" is not a subject`)
    if (payload.length > maxMessageBytes) return yield* tooLarge(payload)
    yield* show({ subject, payload })
    const asked = chosen(subject)
    if (asked.length === 0) return yield* refuse("no-responders", `nobody serves ${subject}`)
    const request: BusRequest = { subject, payload, deadline }
    for (const member of asked) member.answers.start(request, settle)
    return asked.length
  })

  return {
    dependency: { kind: "in-process", embedded: true, address: "", check: Effect.void },

    request: Effect.fnUntraced(function* (subject, payload, deadline) {
      const now = yield* Clock.currentTimeMillis
      if (deadline <= now) return yield* refuse("expired", `the deadline for asking ${subject} has passed`)
      const first = yield* Deferred.make<Uint8Array, Failure>()
      yield* send(subject, payload, deadline, (answer) =>
        Deferred.doneUnsafe(first, answer instanceof Failure ? Effect.fail(answer) : Effect.succeed(answer))
      )
      return yield* Deferred.await(first).pipe(
        Effect.timeoutOrElse({
          duration: deadline - now,
          orElse: () => refuse("timeout", `no answer from ${subject} in time`)
        })
      )
    }),

    requestMany: Effect.fnUntraced(function* (subject, payload, window) {
      const now = yield* Clock.currentTimeMillis
      const settled = yield* Queue.unbounded<Uint8Array | Failure>()
      const asked = yield* send(subject, payload, now + window, (answer) =>
        Queue.offerUnsafe(settled, answer)
      )
      const answers: Array<Uint8Array> = []
      yield* Queue.take(settled).pipe(
        Effect.tap((answer) => Effect.sync(() => answer instanceof Failure || answers.push(answer))),
        Effect.repeat({ times: asked - 1 }),
        Effect.timeoutOption(window)
      )
      return answers
    }),

    serve: Effect.fnUntraced(function* (subject, queue, answer) {
      const answers = yield* makeAnswers(subject, answer, () => maxMessageBytes)
      const member: Member = { queue, matches: matcher(subject), answers }
      yield* Effect.acquireRelease(
        Effect.sync(() => members.add(member)),
        () =>
          Effect.suspend(() => {
            members.delete(member)
            return answers.finish
          })
      )
    }),

    publish: (subject, payload) =>
      Effect.suspend(() => {
        if (!isSubject(subject)) return countDropped("unreadable")
        if (payload.length > maxMessageBytes) return countDropped("too-large")
        return show({ subject, payload })
      }),

    subscribe: (subject) =>
      Stream.callback<BusMessage, Failure>((queue) => watch(watchers, subject, queue), watcherBuffer),

    flush: Effect.void
  }
}

const watcherBuffer = { bufferSize: 1024, strategy: "sliding" } as const

const watch = (
  watchers: Set<Watcher>,
  subject: string,
  queue: Queue.Queue<BusMessage, Failure | Cause.Done>
): Effect.Effect<Watcher, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const watcher: Watcher = {
        matches: matcher(subject),
        see: (message) => {
          const isFull = Queue.isFullUnsafe(queue)
          Queue.offerUnsafe(queue, message)
          return isFull
        }
      }
      watchers.add(watcher)
      return watcher
    }),
    (watcher) => Effect.sync(() => watchers.delete(watcher))
  )

const refuse = (reason: Failure["reason"], message: string): Effect.Effect<never, Failure> =>
  Effect.fail(new Failure({ reason, message }))

const tooLarge = (payload: Uint8Array): Effect.Effect<never, Failure> =>
  refuse("too-large", `a message of ${payload.length} bytes is over the limit of ${maxMessageBytes}`)
