/** What every service that reaches an outside system tells of itself: what stands behind it, and whether it answers. */
import type { Effect } from "effect"
import type { Failure } from "../contracts/failure.ts"

export interface Dependency {
  /** `redis`, `sqlite`, `nats`, `in-process`, `kafka`. */
  readonly kind: string
  /** True when nothing but this process is needed. */
  readonly embedded: boolean
  /** Where it is, for people: host and port or a path, never a password. */
  readonly address: string
  /** Succeeds when the system answers now. Bounded in time (at most 2 s). Changes nothing. */
  readonly check: Effect.Effect<void, Failure>
  /** What it refuses until somebody acts, though it answers: a sentence for each. Absent: nothing ever. */
  readonly refusals?: () => ReadonlyArray<string>
}
