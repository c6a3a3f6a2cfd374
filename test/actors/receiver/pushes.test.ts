/** The inbox of pushes: one reply for each request, bounded, and nothing over a limit is delivered. */
import { expect, test } from "bun:test"
import { ConfigProvider, Deferred, Effect, Fiber, Logger } from "effect"
import { pushes } from "../../../actors/receiver/pushes.ts"
import { Self } from "../../../actors/runtime/actor-context.ts"
import { makeHealth } from "../../../actors/runtime/health.ts"
import { makeMailbox } from "../../../actors/runtime/mailbox.ts"
import { makeMeter } from "../../../actors/runtime/metrics.ts"
import { makeInProcess } from "../../../bridge/message-bus/in-process.ts"
import { MessageBus } from "../../../bridge/message-bus/service.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { Failure } from "../../../contracts/failure.ts"
import { Topic } from "../../../contracts/ids.ts"
import { decode, encode } from "../../../contracts/messages/msgpack.ts"
import {
  newPushId,
  type PushedLines,
  pushSubject,
  readPushedReply,
  writePushedLines
} from "../../../contracts/messages/pushed-lines.ts"
import { maxPushedLines } from "../../../gateway/edge/check-lines.ts"

const linesOf = (...lines: ReadonlyArray<string>): PushedLines => ({
  id: newPushId(),
  lines: lines as ReadonlyArray<ByteString>
})

/** Serves pushes by `handle` on a bus that counts as one between processes; `body` gets a function that sends a message. */
const serving = <A>(
  handle: (pushed: PushedLines) => Effect.Effect<void, Failure>,
  body: (send: (message: Uint8Array) => Effect.Effect<Uint8Array, Failure>) => Effect.Effect<A, unknown>
): Promise<A> =>
  Effect.runPromise(
    Effect.gen(function* () {
      const inProcess = makeInProcess()
      const bus = MessageBus.of({ ...inProcess, dependency: { ...inProcess.dependency, embedded: false } })
      const meter = makeMeter("receiver")
      const self = {
        name: "receiver",
        meter,
        health: makeHealth(),
        announce: () => {},
        announced: () => undefined
      }
      yield* pushes
        .open(makeMailbox({ concurrency: 1, capacity: 2 }, meter, handle))
        .pipe(Effect.provideService(MessageBus, bus), Effect.provideService(Self, self))
      return yield* body((message) => bus.request(pushSubject, message, Date.now() + 5_000))
    }).pipe(
      Effect.scoped,
      Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ KAFKA_TOPIC: "events" }))),
      Effect.provide(Logger.layer([]))
    )
  )

const reasonOf = (reply: Uint8Array, pushed = linesOf()): string => {
  try {
    readPushedReply(reply, pushed)
    return "pushed"
  } catch (cause) {
    return cause instanceof Failure ? cause.reason : String(cause)
  }
}

test("lines are delivered as they are, and confirmed when the handler has returned", () => {
  const got: Array<PushedLines> = []
  const pushed = linesOf("\0\xff é", "", "no line")
  return serving(
    (one) => Effect.sync(() => void got.push(one)),
    Effect.fnUntraced(function* (send) {
      const reply = yield* send(writePushedLines(pushed))
      expect(got).toEqual([pushed])
      expect(readPushedReply(reply, pushed)).toEqual({ id: pushed.id, count: 3 })
      expect(decode(reply)).toMatchObject({ v: 2 })
    })
  )
})

test("a failure of the queue is the reply, and a crash is one too", () => {
  const failures = [
    Effect.fail(new Failure({ reason: "unavailable", message: "Redis is gone." })),
    Effect.fail(new Failure({ reason: "busy", message: "The queue is full." })),
    Effect.die(new Error("unexpected"))
  ]
  return serving(
    () => failures.shift() ?? Effect.void,
    Effect.fnUntraced(function* (send) {
      const message = writePushedLines(linesOf("a"))
      const reasons: Array<string> = []
      for (let i = 0; i < 3; i++) reasons.push(reasonOf(yield* send(message)))
      expect(reasons).toEqual(["unavailable", "busy", "crashed"])
    })
  )
})

test("a full mailbox replies busy; those before it are answered", () => {
  const gate = Deferred.makeUnsafe<void>()
  return serving(
    () => Deferred.await(gate),
    Effect.fnUntraced(function* (send) {
      const both = [linesOf("a"), linesOf("b")]
      const waiting = yield* Effect.forEach(both, (pushed) =>
        Effect.forkChild(send(writePushedLines(pushed)))
      )
      yield* Effect.yieldNow
      expect(reasonOf(yield* send(writePushedLines(linesOf("c"))))).toBe("busy")
      yield* Deferred.succeed(gate, undefined)
      for (const [i, fiber] of waiting.entries())
        expect(readPushedReply(yield* Fiber.join(fiber), both[i] ?? linesOf()).count).toBe(1)
    })
  )
})

test("a message that is no push, is over a limit or expects another topic is refused and not delivered", () =>
  serving(
    () => Effect.die("delivered"),
    Effect.fnUntraced(function* (send) {
      const { id } = linesOf()
      const many = Array.from({ length: maxPushedLines + 1 }, () => "x")
      const messages = [
        [encode([]), "unreadable"],
        [encode({ v: 3, id, lines: [] }), "unreadable"],
        [new Uint8Array([0xc1]), "unreadable"],
        [writePushedLines(linesOf(...many)), "too-large"],
        [writePushedLines({ ...linesOf("a"), defaultTopic: Topic.make("clicks") }), "misconfigured"]
      ] as const
      for (const [message, reason] of messages) {
        const reply = yield* send(message)
        expect(reasonOf(reply)).toBe(reason)
        // A newer sender then writes a format that the receiver reads.
        const formats = reason === "unreadable" ? { formats: [2] } : {}
        expect(decode(reply)).toEqual({ v: 2, failure: expect.anything(), ...formats })
      }
    })
  ))

test("without NATS the start fails with a sentence", () =>
  Effect.runPromise(
    Effect.gen(function* () {
      const meter = makeMeter("receiver")
      const self = {
        name: "receiver",
        meter,
        health: makeHealth(),
        announce: () => {},
        announced: () => undefined
      }
      const mailbox = makeMailbox({ concurrency: 1, capacity: 2 }, meter, () => Effect.void)
      const failure = yield* pushes
        .open(mailbox)
        .pipe(
          Effect.provideService(MessageBus, makeInProcess()),
          Effect.provideService(Self, self),
          Effect.flip
        )
      expect(String(failure.message)).toContain("set NATS_URL")
    }).pipe(Effect.scoped, Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({}))))
  ))
