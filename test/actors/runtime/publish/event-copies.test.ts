/** Copies for subscribers: none without a subscription, at most what the budget allows, and never an error in the actor. */
import { describe, expect, test } from "bun:test"
import { Effect, type Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { copyLimits } from "../../../../actors/runtime/publish/copy-budget.ts"
import {
  makeCopyPublisher,
  type PublishCopies,
  recordContent
} from "../../../../actors/runtime/publish/event-copies.ts"
import { makeInProcess } from "../../../../bridge/message-bus/in-process.ts"
import { MessageBus } from "../../../../bridge/message-bus/service.ts"
import type { ByteString } from "../../../../contracts/event.ts"
import type { CopyContent } from "../../../../contracts/event-copy.ts"
import {
  type Copies,
  type CopyStage,
  copySubject,
  copySubscriptionSubject,
  copySubscriptionTtlMs
} from "../../../../contracts/event-copy.ts"
import { Failure } from "../../../../contracts/failure.ts"
import { newBatchId, Topic } from "../../../../contracts/ids.ts"
import { readCopies, writeCopySubscription } from "../../../../contracts/messages/copies.ts"
import { formatOf } from "../../../../contracts/messages/format.ts"
import { decode, encode, maxMessageBytes } from "../../../../contracts/messages/msgpack.ts"

type Bus = MessageBus["Service"]

const [events, dotted] = [Topic.make("events"), Topic.make("click.s")]
const batch = newBatchId()
const someEvents = (count: number, topic = events) =>
  Array.from({ length: count }, (_, index) => ({ index, topic }))
const line = ({ index }: { readonly index: number }): CopyContent => ({ line: `line ${index}` as ByteString })

interface Stage {
  readonly publishCopies: PublishCopies
  readonly bus: Bus
  /** Subscribes to that stage; returns when the actor has received the subscription. */
  readonly subscribe: (stage: CopyStage) => Effect.Effect<void>
  /** The messages published since the last call, once there are `count` of them. */
  readonly taken: (count: number) => Effect.Effect<ReadonlyArray<{ readonly subject: string } & Copies>>
}

const soon = (what: string, fact: () => boolean | Effect.Effect<boolean>): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (let n = 0; n < 1_000; n++) {
      const found = fact()
      if (typeof found === "boolean" ? found : yield* found) return
      yield* Effect.yieldNow
    }
    throw new Error(`never: ${what}`)
  })

/** A publisher of copies on a bus of its own, with a clock that does not advance. */
const onStage = <A>(
  use: (stage: Stage) => Effect.Effect<A, never, Scope.Scope>,
  bus = makeInProcess()
): Promise<A> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const published: Array<{ readonly subject: string } & Copies> = []
        let isListening = false
        yield* Effect.forkScoped(
          Stream.runForEach(bus.subscribe("spoor.copies.>"), ({ subject, payload }) =>
            Effect.sync(() => {
              if (subject.endsWith(".probe")) isListening = true
              else published.push({ subject, ...readCopies(payload) })
            })
          )
        )
        yield* soon("the observer is subscribed", () =>
          Effect.as(bus.publish(copySubject("raw", "probe"), new Uint8Array()), isListening)
        )
        const publishCopies = yield* makeCopyPublisher.pipe(Effect.provideService(MessageBus, bus))
        return yield* use({
          publishCopies,
          bus,
          subscribe: (stage) => {
            let wasAsked = false
            const contentOf = (): undefined => {
              wasAsked = true
            }
            return soon(`the subscription to ${stage} is received`, () =>
              bus.publish(copySubscriptionSubject, encode({ stages: [stage] })).pipe(
                Effect.andThen(publishCopies(stage, batch, someEvents(1), contentOf)),
                Effect.map(() => wasAsked)
              )
            )
          },
          taken: (count) =>
            Effect.as(
              soon(`${count} messages`, () => published.length >= count),
              undefined
            ).pipe(Effect.map(() => published.splice(0)))
        })
      })
    ).pipe(Effect.provide(TestClock.layer()))
  )

describe("copies", () => {
  test("are not made without a subscription to their stage", async () => {
    let made = 0
    const contentOf = (event: { readonly index: number }): CopyContent => {
      made += 1
      return line(event)
    }
    await onStage(({ publishCopies, subscribe }) =>
      Effect.gen(function* () {
        yield* publishCopies("raw", batch, someEvents(10), contentOf)
        expect(made).toBe(0)
        yield* subscribe("raw")
        yield* publishCopies("enriched", batch, someEvents(10), contentOf)
        expect(made).toBe(0)
        yield* publishCopies("raw", batch, someEvents(10), contentOf)
        expect(made).toBe(10)
      })
    )
  })

  test("are published by topic, with their content", async () => {
    const messages = await onStage(({ publishCopies, subscribe, taken }) =>
      Effect.gen(function* () {
        yield* subscribe("stored")
        const mixed = [...someEvents(2), { index: 2, topic: dotted }]
        yield* publishCopies("stored", batch, mixed, ({ index }) => ({
          ...recordContent(new Uint8Array([97, 0, 255])),
          partition: 1,
          offset: String(index)
        }))
        return yield* taken(2)
      })
    )
    const copy = (index: number) => ({ index, record: "a\u0000\u00ff", partition: 1, offset: String(index) })
    expect(messages as ReadonlyArray<unknown>).toMatchObject([
      {
        subject: "spoor.copies.stored.events",
        stage: "stored",
        topic: "events",
        batch,
        dropped: 0,
        events: [copy(0), copy(1)]
      },
      { subject: "spoor.copies.stored.click.s", topic: "click.s", events: [copy(2)] }
    ])
  })

  test("are written in format 2, but in format 1 while a subscriber reads nothing newer", async () => {
    const bus = makeInProcess()
    const formats: Array<number | undefined> = []
    await onStage(
      ({ publishCopies, subscribe }) =>
        Effect.gen(function* () {
          yield* Effect.forkScoped(
            Stream.runForEach(bus.subscribe("spoor.copies.>"), ({ payload, format }) =>
              Effect.sync(() => {
                if (payload.length > 0) formats.push(format)
                expect(payload.length === 0 || formatOf(decode(payload)) === format).toBe(true)
              })
            )
          )
          const publishesIn = Effect.fnUntraced(function* (expected: number) {
            yield* soon(`copies in format ${expected}`, () =>
              Effect.map(publishCopies("raw", batch, someEvents(1), line), () => formats.at(-1) === expected)
            )
          })
          const subscribeNew = bus.publish(copySubscriptionSubject, writeCopySubscription(["raw"]), 2)
          // An old one, a new one beside it, and the new one alone.
          yield* subscribe("raw")
          yield* publishesIn(1)
          yield* subscribeNew
          yield* TestClock.adjust(copySubscriptionTtlMs)
          yield* publishCopies("raw", batch, someEvents(1), line)
          yield* publishesIn(1)
          yield* TestClock.adjust(1)
          yield* subscribeNew
          yield* publishesIn(2)
          // An old one of another stage changes nothing.
          yield* subscribe("enriched")
          yield* publishesIn(2)
        }),
      bus
    )
  })

  test("end when the subscription is no longer renewed, and start again with the next one", async () => {
    await onStage(({ publishCopies, subscribe, taken }) =>
      Effect.gen(function* () {
        yield* subscribe("raw")
        yield* TestClock.adjust(copySubscriptionTtlMs)
        yield* publishCopies("raw", batch, someEvents(1), line)
        expect(yield* taken(1)).toHaveLength(1)
        yield* TestClock.adjust(1)
        let made = 0
        yield* publishCopies("raw", batch, someEvents(1), (event) => {
          made += 1
          return line(event)
        })
        expect(made).toBe(0)
        yield* subscribe("raw")
        yield* publishCopies("raw", batch, someEvents(1), line)
        expect(yield* taken(1)).toHaveLength(1)
      })
    )
  })

  test("over the budget are dropped, and the next message has their number", async () => {
    await onStage(({ publishCopies, subscribe, taken }) =>
      Effect.gen(function* () {
        yield* subscribe("raw")
        yield* publishCopies("raw", batch, someEvents(copyLimits.events + 500), line)
        const first = yield* taken(10)
        expect(first.reduce((sum, { events }) => sum + events.length, 0)).toBe(copyLimits.events)
        expect(first.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(500)
        yield* publishCopies("raw", batch, someEvents(7), line)
        yield* TestClock.adjust(1_000)
        yield* publishCopies("raw", batch, someEvents(1), line)
        expect(yield* taken(1)).toMatchObject([{ dropped: 7, events: [{ index: 0 }] }])
      })
    )
  })

  test("of a flooded stage take nothing from the budget of another", async () => {
    await onStage(({ publishCopies, subscribe, taken }) =>
      Effect.gen(function* () {
        yield* subscribe("raw")
        yield* subscribe("rejected")
        yield* publishCopies("raw", batch, someEvents(copyLimits.events * 2), line)
        yield* taken(10)
        yield* publishCopies("rejected", batch, someEvents(1), line)
        expect(yield* taken(1)).toMatchObject([{ stage: "rejected", dropped: 0 }])
      })
    )
  })

  test("never exceed the message size, and an event that no message can hold is counted as dropped", async () => {
    await onStage(({ publishCopies, subscribe, taken }) =>
      Effect.gen(function* () {
        yield* subscribe("raw")
        const long = "\u00ff".repeat(60_000) as ByteString
        yield* publishCopies("raw", batch, someEvents(6), ({ index }) => ({
          line: index === 0 ? (long.repeat(5) as ByteString) : long
        }))
        const messages = yield* taken(3)
        expect(messages.flatMap(({ events }) => events.map(({ index }) => index))).toEqual([1, 2, 3, 4, 5])
        expect(messages.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(1)
        for (const { subject: _, ...copies } of messages)
          expect(encode(copies).length).toBeLessThan(maxMessageBytes)
      })
    )
  })

  test("never fail the batch: a copy that throws, a bus that refuses, an invalid subscription", async () => {
    await onStage(({ publishCopies, subscribe, bus, taken }) =>
      Effect.gen(function* () {
        for (const message of [new Uint8Array([0xc1]), encode("raw"), encode({ stages: ["everything"] })])
          yield* bus.publish(copySubscriptionSubject, message)
        yield* subscribe("raw")
        yield* publishCopies("raw", batch, someEvents(1), () => {
          throw new Error("boom")
        })
        yield* publishCopies("raw", batch, someEvents(1), line)
        expect(yield* taken(1)).toHaveLength(1)
      })
    )
    const bus = makeInProcess()
    const deaf: Bus = {
      ...bus,
      subscribe: () => Stream.fail(new Failure({ reason: "unavailable", message: "not allowed" }))
    }
    await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const publishCopies = yield* makeCopyPublisher
          yield* Effect.yieldNow
          yield* publishCopies("raw", batch, someEvents(1), line)
        })
      ).pipe(Effect.provideService(MessageBus, deaf), Effect.provide(TestClock.layer()))
    )
  })
})
