/** A clock for pauses and patience: it only goes forward, evenly, whatever happens to the machine's time of day. */
import { Clock, Effect } from "effect"

/** Milliseconds since some moment of this process. */
export const steadyMillis: Effect.Effect<number> = Effect.map(Clock.monotonicTimeNanos, (nanos) =>
  Number(nanos / 1_000_000n)
)
