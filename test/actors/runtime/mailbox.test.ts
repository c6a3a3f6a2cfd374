/** A mailbox limits the messages handled and waiting, and refuses the next one; a crash becomes a failure. */
import { describe, expect, test } from "bun:test"
import { Effect, Fiber, Latch } from "effect"
import { TestClock } from "effect/testing"
import { Deadline } from "../../../actors/runtime/deadline.ts"
import { makeMailbox } from "../../../actors/runtime/mailbox.ts"
import { makeMeter } from "../../../actors/runtime/metrics.ts"
import { Failure } from "../../../contracts/failure.ts"

const one = { events: 1 }

describe("mailbox", () => {
  test("handles `concurrency` messages at a time, in order of arrival", async () => {
    const meter = makeMeter("concurrent")
    let busy = 0
    let maxBusy = 0
    const order: Array<number> = []
    const mailbox = makeMailbox({ concurrency: 2, capacity: 10 }, meter, (n: number) =>
      Effect.gen(function* () {
        order.push(n)
        busy += 1
        maxBusy = Math.max(maxBusy, busy)
        yield* Effect.yieldNow
        busy -= 1
        return n * 2
      })
    )
    const answers = await Effect.runPromise(
      Effect.forEach([1, 2, 3, 4, 5], (n) => mailbox.deliver(n, one), { concurrency: "unbounded" })
    )
    expect(answers).toEqual([2, 4, 6, 8, 10])
    expect(order).toEqual([1, 2, 3, 4, 5])
    expect(maxBusy).toBe(2)
    expect(meter.totals().events).toMatchObject({ received: 5, succeeded: 5 })
  })

  test("refuses a message over its capacity with busy, and accepts again when it has free capacity", async () => {
    const meter = makeMeter("full")
    const outcome = await Effect.runPromise(
      Effect.gen(function* () {
        const gate = yield* Latch.make(false)
        const mailbox = makeMailbox({ concurrency: 1, capacity: 2 }, meter, () => gate.await)
        const first = yield* Effect.forkChild(mailbox.deliver("a", one), { startImmediately: true })
        const second = yield* Effect.forkChild(mailbox.deliver("b", one), { startImmediately: true })
        const third = yield* Effect.flip(mailbox.deliver("c", { events: 7 }))
        yield* gate.open
        yield* Fiber.join(first)
        yield* Fiber.join(second)
        yield* mailbox.deliver("d", one)
        return third
      })
    )
    expect(outcome.reason).toBe("busy")
    expect(meter.totals().events).toMatchObject({ received: 10, succeeded: 3, refused: 7 })
  })

  test("a crash is the failure `crashed`, counted as failed; the next message is handled", async () => {
    const meter = makeMeter("crashing")
    const mailbox = makeMailbox({ concurrency: 1, capacity: 1 }, meter, (text: string) =>
      text === "poison" ? Effect.die(new Error("boom")) : Effect.succeed(text)
    )
    const failure = await Effect.runPromise(Effect.flip(mailbox.deliver("poison", one)))
    expect(failure).toMatchObject({ reason: "crashed", infrastructure: false })
    expect(failure.message).toContain("boom")
    expect(await Effect.runPromise(mailbox.deliver("fine", one))).toBe("fine")
    expect(meter.totals().events).toMatchObject({ received: 2, failed: 1, succeeded: 1 })
  })

  test("a message whose deadline passes while it waits is not begun", async () => {
    const begun: Array<string> = []
    const program = Effect.gen(function* () {
      const gate = yield* Latch.make(false)
      const mailbox = makeMailbox({ concurrency: 1, capacity: 2 }, makeMeter("late"), (text: string) =>
        Effect.andThen(
          Effect.sync(() => void begun.push(text)),
          gate.await
        )
      )
      const soon = Effect.provideService(Deadline, 5_000)
      const first = yield* Effect.forkChild(soon(mailbox.deliver("first", one)), { startImmediately: true })
      const second = yield* Effect.forkChild(Effect.flip(soon(mailbox.deliver("second", one))), {
        startImmediately: true
      })
      yield* TestClock.adjust("5 seconds")
      yield* gate.open
      yield* Fiber.join(first)
      return yield* Fiber.join(second)
    })
    const failure = await Effect.runPromise(Effect.provide(program, TestClock.layer()))
    expect(failure).toMatchObject({ reason: "expired", infrastructure: true })
    expect(begun).toEqual(["first"])
  })

  test("a message refused downstream is counted as refused, not failed", async () => {
    const meter = makeMeter("refused")
    const mailbox = makeMailbox({ concurrency: 1, capacity: 1 }, meter, () =>
      Effect.fail(new Failure({ reason: "unavailable", message: "the log is unreachable" }))
    )
    await Effect.runPromise(Effect.flip(mailbox.deliver("a", { events: 3 })))
    expect(meter.totals()).toMatchObject({
      messages: 1,
      lastError: "unavailable",
      events: { refused: 3, failed: 0 }
    })
  })
})
