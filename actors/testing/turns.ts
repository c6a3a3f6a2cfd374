/** Lets fibers run in a test with virtual time: until nothing moves, or while time passes. Keeps no state. */
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"

/** One turn of the event loop, in real time. */
const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

/** Turns without a change that count as rest, and the turns after which waiting ends. */
const quietTurns = 25
const maxTurns = 20_000

/**
 * Waits until the state, which `look` describes, no longer changes without time passing. Work that waits for virtual time,
 * or for something outside this process, is not awaited.
 */
export const untilQuiet = (look: () => string): Effect.Effect<void> =>
  Effect.gen(function* () {
    let last = look()
    for (let quiet = 0, turns = 0; quiet < quietTurns && turns < maxTurns; turns++) {
      yield* turn
      const now = look()
      quiet = now === last ? quiet + 1 : 0
      last = now
    }
  })

/** How much virtual time passes at once, and altogether, milliseconds. */
const stepMs = 100
const longestMs = 10 * 60_000

/** Runs the effect to its end while virtual time passes. Dies when ten minutes of it are not enough. */
export const passingTime = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    for (let passed = 0; fiber.pollUnsafe() === undefined; passed += stepMs) {
      if (passed > longestMs)
        return yield* Effect.die(new Error("The actor did not stop within ten minutes."))
      for (let turns = 0; turns < 5; turns++) yield* turn
      if (fiber.pollUnsafe() === undefined) yield* TestClock.adjust(stepMs)
    }
    return yield* Fiber.join(fiber)
  })
