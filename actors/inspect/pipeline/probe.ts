/**
 * Polls a system repeatedly and keeps the last error, so that readers never wait for it. Polls for as long as `run` runs.
 */
import { Effect, Result } from "effect"
import type { Failure } from "../../../contracts/failure.ts"
import { monotonicMillis } from "../../runtime/monotonic-clock.ts"

export interface Probe {
  /** Forgets the last result; to be called each time before it runs. */
  readonly reset: () => void
  /** Makes `hasAnswered` wait for the next answer. */
  readonly expectAnswer: () => void
  /** Polls about once a second until interrupted. */
  readonly run: Effect.Effect<never>
  /** Has a poll ended, successfully or not, since the reset? */
  readonly hasAnswered: () => boolean
  /** The error at this moment of the monotonic clock: the last failure, or how long the current poll has had no answer. */
  readonly trouble: (at: number) => string | undefined
}

/** The time from one poll's start to the next, and the minimum pause between two, milliseconds. */
const intervalMs = 1_000
const minPauseMs = 200

/** A poll without an answer is reported after the first time and given up after the second, milliseconds. */
const reportAfterMs = 1_500
const timeoutMs = 10_000

/**
 * `onAnswer` gets each answer with the moment of its poll (monotonic clock, milliseconds). `pause` sleeps for that many
 * milliseconds.
 */
export const makeProbe = <A>(
  ask: Effect.Effect<A, Failure>,
  onAnswer: (answer: A, at: number) => void,
  pause: (milliseconds: number) => Effect.Effect<void> = Effect.sleep
): Probe => {
  let trouble: string | undefined
  let askedAt: number | undefined
  let took = 0
  let isAnswered = false

  const once = Effect.gen(function* () {
    const startedAt = yield* monotonicMillis
    askedAt = startedAt
    const outcome = yield* Effect.result(Effect.timeoutOption(ask, timeoutMs))
    took = (yield* monotonicMillis) - startedAt
    isAnswered = true
    if (Result.isFailure(outcome)) trouble = outcome.failure.message
    else if (outcome.success._tag === "None") trouble = `no answer within ${timeoutMs / 1000} s`
    else {
      trouble = undefined
      onAnswer(outcome.success.value, startedAt)
    }
  }).pipe(
    Effect.ensuring(
      Effect.sync(() => {
        askedAt = undefined
      })
    )
  )

  return {
    reset: () => {
      isAnswered = false
      trouble = undefined
    },
    expectAnswer: () => {
      isAnswered = false
    },
    run: Effect.forever(
      Effect.andThen(
        once,
        Effect.suspend(() => pause(Math.max(intervalMs - took, minPauseMs)))
      )
    ),
    hasAnswered: () => isAnswered,
    trouble: (at) => {
      if (askedAt !== undefined && at - askedAt > reportAfterMs)
        return `no answer for ${Math.round((at - askedAt) / 1000)} s`
      return trouble
    }
  }
}
