/**
 * Whether the log took what it was last given. A log may answer every question and yet store nothing: a broker that
 * hangs, replicas that are missing. Lives as long as the actor.
 */
import { Effect } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { monotonicMillis } from "../runtime/monotonic-clock.ts"

/** How long a failed append is held against the log, milliseconds; a successful one clears it at once. */
export const unhealthyForMs = 10_000

export const makeAppendHealth = () => {
  let until = 0
  return {
    /** The append itself, watched. */
    watch: <A>(append: Effect.Effect<A, Failure>): Effect.Effect<A, Failure> =>
      append.pipe(
        Effect.tap(() =>
          Effect.sync(() => {
            until = 0
          })
        ),
        Effect.tapError(() =>
          Effect.map(monotonicMillis, (now) => {
            until = now + unhealthyForMs
          })
        )
      ),
    /** Fails with `unavailable` while the last append, a moment ago, has failed. */
    check: Effect.gen(function* () {
      if ((yield* monotonicMillis) >= until) return
      return yield* new Failure({
        reason: "unavailable",
        message: "the log answers, but stored nothing lately"
      })
    })
  }
}
