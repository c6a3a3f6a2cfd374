/** A monotonic clock for pauses and timeouts, unaffected by changes of the system time. */
import { Clock, Effect } from "effect"

/** Milliseconds since an arbitrary moment in this process. */
export const monotonicMillis: Effect.Effect<number> = Effect.map(Clock.monotonicTimeNanos, (nanos) =>
  Number(nanos / 1_000_000n)
)
