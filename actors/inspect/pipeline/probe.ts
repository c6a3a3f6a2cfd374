/**
 * Something outside that is asked again and again, while what it said last stays at hand: so whoever looks waits for
 * nobody. Asks for as long as `run` runs.
 */
import { Effect, Result } from "effect"
import type { Failure } from "../../../contracts/failure.ts"
import { monotonicMillis } from "../../runtime/monotonic-clock.ts"

export interface Probe {
  /** Nothing was asked yet; to be called before it runs, also when it runs again. */
  readonly begin: () => void
  /** The next answer is waited for, though it has answered before. */
  readonly again: () => void
  /** Asks for ever, about once a second. */
  readonly run: Effect.Effect<never>
  /** Has it answered, or failed to, since it began? */
  readonly hasAnswered: () => boolean
  /** What is wrong at this moment of the steady clock: how it failed last, or for how long it has been silent. */
  readonly trouble: (at: number) => string | undefined
}

/** From one beginning to the next, milliseconds; between two there is a pause of at least so long. */
const every = 1_000
const leastPause = 200

/** Silence is told after so long, and ends the asking after that, milliseconds. */
const silence = 1_500
const patience = 10_000

/**
 * `hear` gets each answer with the moment when it was asked for (steady clock, milliseconds). `rest` is how it pauses
 * for so many milliseconds.
 */
export const makeProbe = <A>(
  ask: Effect.Effect<A, Failure>,
  hear: (answer: A, at: number) => void,
  rest: (milliseconds: number) => Effect.Effect<void> = Effect.sleep
): Probe => {
  let trouble: string | undefined
  let askedAt: number | undefined
  let took = 0
  let isAnswered = false

  const once = Effect.gen(function* () {
    const begun = yield* monotonicMillis
    askedAt = begun
    const outcome = yield* Effect.result(Effect.timeoutOption(ask, patience))
    took = (yield* monotonicMillis) - begun
    isAnswered = true
    if (Result.isFailure(outcome)) trouble = outcome.failure.message
    else if (outcome.success._tag === "None") trouble = `no answer within ${patience / 1000} s`
    else {
      trouble = undefined
      hear(outcome.success.value, begun)
    }
  }).pipe(
    Effect.ensuring(
      Effect.sync(() => {
        askedAt = undefined
      })
    )
  )

  return {
    begin: () => {
      isAnswered = false
      trouble = undefined
    },
    again: () => {
      isAnswered = false
    },
    run: Effect.forever(
      Effect.andThen(
        once,
        Effect.suspend(() => rest(Math.max(every - took, leastPause)))
      )
    ),
    hasAnswered: () => isAnswered,
    trouble: (at) => {
      if (askedAt !== undefined && at - askedAt > silence)
        return `no answer for ${Math.round((at - askedAt) / 1000)} s`
      return trouble
    }
  }
}
