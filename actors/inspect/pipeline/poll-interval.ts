/**
 * How often the monitor polls: each second while views are requested and for a while after the last request; then rarely,
 * or not at all. Lives as long as the monitor.
 */
import { Deferred, Effect } from "effect"
import { monotonicMillis } from "../../runtime/monotonic-clock.ts"

/** How long polling continues at full rate after the last request, milliseconds. */
const activeForMs = 10_000

/** The polling interval without requests, if polling continues, milliseconds. */
const idleIntervalMs = 5_000

export interface PollInterval {
  /** Notes a request for a view. Returns whether the one before was long ago, so that the data may be old. */
  readonly request: Effect.Effect<boolean>
  /** Ends when no view was requested for long; never if polling continues while idle. */
  readonly untilIdle: Effect.Effect<void>
  /** The pause between two polls: this many milliseconds, or longer without requests. */
  readonly pause: (milliseconds: number) => Effect.Effect<void>
  /** Ends all pauses. */
  readonly wake: Effect.Effect<void>
}

export const makePollInterval = Effect.fnUntraced(function* (pollsWhileIdle: boolean) {
  let requestedAt = yield* monotonicMillis
  let wasRequested = false
  let woken = Deferred.makeUnsafe<void>()
  const isIdle = Effect.map(monotonicMillis, (now) => now - requestedAt >= activeForMs)
  return {
    request: Effect.gen(function* () {
      const isOld = !wasRequested || (yield* isIdle)
      wasRequested = true
      requestedAt = yield* monotonicMillis
      return isOld
    }),
    untilIdle: pollsWhileIdle
      ? Effect.never
      : Effect.gen(function* () {
          while (!(yield* isIdle)) yield* Effect.sleep("1 second")
        }),
    pause: (milliseconds) =>
      Effect.flatMap(isIdle, (isIdleNow) =>
        Effect.raceFirst(Effect.sleep(isIdleNow ? idleIntervalMs : milliseconds), Deferred.await(woken))
      ),
    wake: Effect.suspend(() => {
      const before = woken
      woken = Deferred.makeUnsafe()
      return Effect.asVoid(Deferred.succeed(before, undefined))
    })
  } satisfies PollInterval
})
