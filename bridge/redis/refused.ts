/**
 * Detects a Redis that refuses writes. One that is full, cannot save, became a replica or lost its replicas still replies to
 * PING. After a refused write, the check includes a write that changes nothing, until one succeeds. It lives as long as
 * the connection.
 */
import { Effect } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import type { RedisConnection } from "./connection.ts"

export interface RefusalWatch {
  /** The same write; records whether it was refused. */
  readonly watched: <A>(write: Effect.Effect<A, Failure>) => Effect.Effect<A, Failure>
  /** Fails while the server does not reply, or refuses writes. */
  readonly check: Effect.Effect<void, Failure>
}

/** Error codes of a server that refuses every write. */
const refusals = /\b(OOM|MISCONF|NOREPLICAS|READONLY)\b/

/**
 * `probe`: an unused key, which is never created. `obstacle`: a further check, run after a refused write; it fails while
 * writes would be refused.
 */
export const watchRefusals = (
  connection: RedisConnection,
  probe: string,
  obstacle: Effect.Effect<void, Failure> = Effect.void
): RefusalWatch => {
  let isRefused = false
  const record = (refused: boolean): Effect.Effect<void> =>
    Effect.sync(() => {
      isRefused = refused
    })
  // A server that denies this command to our user may accept other writes.
  const tryWrite = connection.command("SETRANGE", probe, 0, "").pipe(
    Effect.asVoid,
    Effect.catchIf(
      (failure) => !refusals.test(failure.message),
      () => Effect.void
    )
  )
  return {
    watched: (write) =>
      write.pipe(
        Effect.tap(() => record(false)),
        Effect.tapError(({ reason }) => (reason === "unavailable" ? record(true) : Effect.void))
      ),
    check: Effect.andThen(
      connection.check,
      Effect.suspend(() =>
        isRefused ? obstacle.pipe(Effect.andThen(tryWrite), Effect.andThen(record(false))) : Effect.void
      )
    )
  }
}
