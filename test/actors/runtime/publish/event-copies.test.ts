/** Copies for people who look: none without a wish, at most what the budget has room for, and never in the way. */
import { describe, expect, test } from "bun:test"
import { Effect, Schema, type Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { copyLimits } from "../../../../actors/runtime/publish/copy-budget.ts"
import { recordIn, type Show, showCopies } from "../../../../actors/runtime/publish/event-copies.ts"
import { makeInProcess } from "../../../../bridge/message-bus/in-process.ts"
import { MessageBus } from "../../../../bridge/message-bus/service.ts"
import type { ByteString } from "../../../../contracts/event.ts"
import type { Seen } from "../../../../contracts/event-copy.ts"
import {
  Copies,
  type CopyStage,
  copySubject,
  copySubscriptionSubject,
  copySubscriptionTtlMs
} from "../../../../contracts/event-copy.ts"
import { Failure } from "../../../../contracts/failure.ts"
import { newBatchId, Topic } from "../../../../contracts/ids.ts"
import { decode, encode, maxMessageBytes } from "../../../../contracts/messages/msgpack.ts"

type Bus = MessageBus["Service"]

const [events, dotted] = [Topic.make("events"), Topic.make("click.s")]
const batch = newBatchId()
const someEvents = (count: number, topic = events) =>
  Array.from({ length: count }, (_, index) => ({ index, topic }))
const line = ({ index }: { readonly index: number }): Seen => ({ line: `line ${index}` as ByteString })

interface Stage {
  readonly show: Show
  readonly bus: Bus
  /** Somebody looks at that stage; returns when the actor has heard it. */
  readonly look: (stage: CopyStage) => Effect.Effect<void>
  /** What was published since the last time, once there are so many messages. */
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

/** An actor that shows events, on a bus of its own and a clock that stands still. */
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
              else published.push({ subject, ...Schema.decodeUnknownSync(Copies)(decode(payload)) })
            })
          )
        )
        yield* soon("the watcher listens", () =>
          Effect.as(bus.publish(copySubject("raw", "probe"), new Uint8Array()), isListening)
        )
        const show = yield* showCopies.pipe(Effect.provideService(MessageBus, bus))
        return yield* use({
          show,
          bus,
          look: (stage) => {
            let wasAsked = false
            const seen = (): undefined => {
              wasAsked = true
            }
            return soon(`a wish for ${stage} is heard`, () =>
              bus.publish(copySubscriptionSubject, encode({ stages: [stage] })).pipe(
                Effect.andThen(show(stage, batch, someEvents(1), seen)),
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
  test("are not even made while nobody looks, nor of a stage that nobody looks at", async () => {
    let made = 0
    const seen = (event: { readonly index: number }): Seen => {
      made += 1
      return line(event)
    }
    await onStage(({ show, look }) =>
      Effect.gen(function* () {
        yield* show("raw", batch, someEvents(10), seen)
        expect(made).toBe(0)
        yield* look("raw")
        yield* show("enriched", batch, someEvents(10), seen)
        expect(made).toBe(0)
        yield* show("raw", batch, someEvents(10), seen)
        expect(made).toBe(10)
      })
    )
  })

  test("are published by topic, with everything that is known of the event", async () => {
    const seen = await onStage(({ show, look, taken }) =>
      Effect.gen(function* () {
        yield* look("stored")
        const mixed = [...someEvents(2), { index: 2, topic: dotted }]
        yield* show("stored", batch, mixed, ({ index }) => ({
          ...recordIn(new Uint8Array([97, 0, 255])),
          partition: 1,
          offset: String(index)
        }))
        return yield* taken(2)
      })
    )
    const copy = (index: number) => ({ index, record: "a\u0000\u00ff", partition: 1, offset: String(index) })
    expect(seen as ReadonlyArray<unknown>).toMatchObject([
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

  test("end when the wish is no longer repeated, and begin again with the next", async () => {
    await onStage(({ show, look, taken }) =>
      Effect.gen(function* () {
        yield* look("raw")
        yield* TestClock.adjust(copySubscriptionTtlMs)
        yield* show("raw", batch, someEvents(1), line)
        expect(yield* taken(1)).toHaveLength(1)
        yield* TestClock.adjust(1)
        let made = 0
        yield* show("raw", batch, someEvents(1), (event) => {
          made += 1
          return line(event)
        })
        expect(made).toBe(0)
        yield* look("raw")
        yield* show("raw", batch, someEvents(1), line)
        expect(yield* taken(1)).toHaveLength(1)
      })
    )
  })

  test("over the budget they are left out, and the next message says how many", async () => {
    await onStage(({ show, look, taken }) =>
      Effect.gen(function* () {
        yield* look("raw")
        yield* show("raw", batch, someEvents(copyLimits.events + 500), line)
        const first = yield* taken(10)
        expect(first.reduce((sum, { events }) => sum + events.length, 0)).toBe(copyLimits.events)
        expect(first.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(500)
        yield* show("raw", batch, someEvents(7), line)
        yield* TestClock.adjust(1_000)
        yield* show("raw", batch, someEvents(1), line)
        expect(yield* taken(1)).toMatchObject([{ dropped: 7, events: [{ index: 0 }] }])
      })
    )
  })

  test("a stage that is flooded takes nothing from another", async () => {
    await onStage(({ show, look, taken }) =>
      Effect.gen(function* () {
        yield* look("raw")
        yield* look("rejected")
        yield* show("raw", batch, someEvents(copyLimits.events * 2), line)
        yield* taken(10)
        yield* show("rejected", batch, someEvents(1), line)
        expect(yield* taken(1)).toMatchObject([{ stage: "rejected", dropped: 0 }])
      })
    )
  })

  test("no message is too large, and an event that no message can hold is counted", async () => {
    await onStage(({ show, look, taken }) =>
      Effect.gen(function* () {
        yield* look("raw")
        const long = "\u00ff".repeat(60_000) as ByteString
        yield* show("raw", batch, someEvents(6), ({ index }) => ({
          line: index === 0 ? (long.repeat(5) as ByteString) : long
        }))
        const seen = yield* taken(3)
        expect(seen.flatMap(({ events }) => events.map(({ index }) => index))).toEqual([1, 2, 3, 4, 5])
        expect(seen.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(1)
        for (const { subject: _, ...copies } of seen)
          expect(encode(copies).length).toBeLessThan(maxMessageBytes)
      })
    )
  })

  test("nothing that goes wrong reaches the batch: a copy that throws, a bus that refuses, a wish that is none", async () => {
    await onStage(({ show, look, bus, taken }) =>
      Effect.gen(function* () {
        for (const wish of [new Uint8Array([0xc1]), encode("raw"), encode({ stages: ["everything"] })])
          yield* bus.publish(copySubscriptionSubject, wish)
        yield* look("raw")
        yield* show("raw", batch, someEvents(1), () => {
          throw new Error("boom")
        })
        yield* show("raw", batch, someEvents(1), line)
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
          const show = yield* showCopies
          yield* Effect.yieldNow
          yield* show("raw", batch, someEvents(1), line)
        })
      ).pipe(Effect.provideService(MessageBus, deaf), Effect.provide(TestClock.layer()))
    )
  })
})
