/**
 * Tracks whether the last append succeeded. A log may answer health checks and still store nothing: a broker hangs, or
 * replicas are missing. Lives as long as the bridge.
 */
import { Effect } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { monotonicMillis } from "../runtime/monotonic-clock.ts"

/** How long the log counts as unhealthy after a failed append, milliseconds; a successful append ends it at once. */
export const unhealthyForMs = 10_000

export const makeAppendHealth = () => {
  let until = 0
  return {
    /** Runs the append and records its result. */
    observe: <A>(append: Effect.Effect<A, Failure>): Effect.Effect<A, Failure> =>
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
    /** Fails with `unavailable` when the last append failed less than `unhealthyForMs` ago. */
    check: Effect.gen(function* () {
      if ((yield* monotonicMillis) >= until) return
      return yield* new Failure({
        reason: "unavailable",
        message: "the log answers, but the last append failed"
      })
    })
  }
}
