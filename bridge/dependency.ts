/** The outside system of a service: its kind, its address, and whether it responds. */
import type { Effect } from "effect"
import type { Failure } from "../contracts/failure.ts"
import type { Outage } from "./outage.ts"

/** A system behind a service, as health checks, metrics and the start banner see it. */
export interface Dependency {
  /** `redis`, `sqlite`, `nats`, `in-process`, `kafka`. */
  readonly kind: string
  /** True when it needs only this process. */
  readonly embedded: boolean
  /** The address for people: host and port, or a path; never a password. */
  readonly address: string
  /** Succeeds when the system responds within 2 s. Changes nothing. */
  readonly check: Effect.Effect<void, Failure>
  /** Its outages, as the log reports them. Absent: it never fails. */
  readonly outage?: Outage
  /** What the reachable system refuses until somebody acts: a sentence for each. Absent: it never refuses anything. */
  readonly refusals?: () => ReadonlyArray<string>
}
