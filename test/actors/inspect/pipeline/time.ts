/** Time in the tests of the watch is the test's: hours go by at once, and conditions come about second by second. */
import { test } from "bun:test"
import { Effect, Fiber, Logger, type Scope } from "effect"
import { TestClock } from "effect/testing"
import type { SystemView } from "../../../../actors/inspect/pipeline/system-view.ts"
import { makeInProcess } from "../../../../bridge/message-bus/in-process.ts"
import type { MessageBus } from "../../../../bridge/message-bus/service.ts"

/** A test in a scope of its own, whose clock goes on only when the test lets it. */
export const check = (what: string, body: Effect.Effect<void, unknown, Scope.Scope>): void =>
  test(what, () =>
    Effect.runPromise(
      Effect.scoped(body).pipe(Effect.provide(TestClock.layer()), Effect.provide(Logger.layer([])))
    )
  )

/** Lets the time pass second by second, as it does, with what happens in each; then looks. */
export const after = Effect.fnUntraced(function* (
  view: Effect.Effect<SystemView>,
  seconds: number,
  each: (second: number) => void = () => {}
) {
  for (let second = 0; second < seconds; second++) {
    each(second)
    yield* look(view)
    yield* TestClock.adjust("1 second")
  }
  return yield* look(view)
})

/** Looks now. */
export const look = Effect.fnUntraced(function* (view: Effect.Effect<SystemView>) {
  const looking = yield* Effect.forkChild(view)
  for (let step = 0; step < 100 && looking.pollUnsafe() === undefined; step++) yield* TestClock.adjust(10)
  return yield* Fiber.join(looking)
})

/** An in-process bus that is taken for one that others share. */
export const sharedBus = (): MessageBus["Service"] => {
  const bus = makeInProcess()
  return { ...bus, dependency: { ...bus.dependency, kind: "nats", embedded: false, address: "nats:4222" } }
}
