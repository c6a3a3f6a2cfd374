/** A simulated clock for tests of the monitor: hours pass at once, and conditions develop second by second. */
import { test } from "bun:test"
import { Effect, Fiber, Logger, type Scope } from "effect"
import { TestClock } from "effect/testing"
import type { SystemView } from "../../../../actors/inspect/pipeline/system-view.ts"
import { makeInProcess } from "../../../../bridge/message-bus/in-process.ts"
import type { MessageBus } from "../../../../bridge/message-bus/service.ts"

/** A test in a scope of its own whose clock advances only when the test advances it. */
export const check = (what: string, body: Effect.Effect<void, unknown, Scope.Scope>): void =>
  test(what, () =>
    Effect.runPromise(
      Effect.scoped(body).pipe(Effect.provide(TestClock.layer()), Effect.provide(Logger.layer([])))
    )
  )

/** Advances the time second by second, with `each` run in every second; then requests a view. */
export const after = Effect.fnUntraced(function* (
  view: Effect.Effect<SystemView>,
  seconds: number,
  each: (second: number) => void = () => {}
) {
  for (let second = 0; second < seconds; second++) {
    each(second)
    yield* viewNow(view)
    yield* TestClock.adjust("1 second")
  }
  return yield* viewNow(view)
})

/** Requests a view now. */
export const viewNow = Effect.fnUntraced(function* (view: Effect.Effect<SystemView>) {
  const pending = yield* Effect.forkChild(view)
  for (let step = 0; step < 100 && pending.pollUnsafe() === undefined; step++) yield* TestClock.adjust(10)
  return yield* Fiber.join(pending)
})

/** An in-process bus that claims to be shared with other processes. */
export const sharedBus = (): MessageBus["Service"] => {
  const bus = makeInProcess()
  return { ...bus, dependency: { ...bus.dependency, kind: "nats", embedded: false, address: "nats:4222" } }
}
