/**
 * How often the watch looks: each second while somebody wants to know, and for a while after that; later seldom, or not
 * at all. Lives as long as the watch.
 */
import { Deferred, Effect } from "effect"
import { monotonicMillis } from "../../runtime/monotonic-clock.ts"

/** It goes on asking for so long after somebody wanted to know, milliseconds. */
const interest = 10_000

/** How often it looks while nobody wants to know, if it does, milliseconds. */
const seldom = 5_000

export interface Pace {
  /** Somebody wants to know now. Returns whether nobody has for long, so that what is known may be old. */
  readonly want: Effect.Effect<boolean>
  /** Ends when nobody has wanted to know for long; never for one that keeps looking. */
  readonly untilUnwanted: Effect.Effect<void>
  /** The pause between two looks: of so many milliseconds, or longer while nobody wants to know. */
  readonly rest: (milliseconds: number) => Effect.Effect<void>
  /** Ends all pauses. */
  readonly wake: Effect.Effect<void>
}

export const makePollInterval = Effect.fnUntraced(function* (keepsLooking: boolean) {
  let wantedAt = yield* monotonicMillis
  let wasWanted = false
  let woken = Deferred.makeUnsafe<void>()
  const isUnwanted = Effect.map(monotonicMillis, (now) => now - wantedAt >= interest)
  return {
    want: Effect.gen(function* () {
      const isOld = !wasWanted || (yield* isUnwanted)
      wasWanted = true
      wantedAt = yield* monotonicMillis
      return isOld
    }),
    untilUnwanted: keepsLooking
      ? Effect.never
      : Effect.gen(function* () {
          while (!(yield* isUnwanted)) yield* Effect.sleep("1 second")
        }),
    rest: (milliseconds) =>
      Effect.flatMap(isUnwanted, (isSeldom) =>
        Effect.raceFirst(Effect.sleep(isSeldom ? seldom : milliseconds), Deferred.await(woken))
      ),
    wake: Effect.suspend(() => {
      const before = woken
      woken = Deferred.makeUnsafe()
      return Effect.asVoid(Deferred.succeed(before, undefined))
    })
  } satisfies Pace
})
