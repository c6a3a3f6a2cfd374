/**
 * Does a Redis that answers also take writes? One that is full, cannot save, became a replica or lost its own answers PING
 * all the same (or some of the time). A write that it refused is remembered, and from then on the check asks for a write
 * that changes nothing, until one is taken. It lives as long as the connection.
 */
import { Effect } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import type { RedisConnection } from "./connection.ts"

export interface RefusalWatch {
  /** The same write; whether it was refused is remembered. */
  readonly watched: <A>(write: Effect.Effect<A, Failure>) => Effect.Effect<A, Failure>
  /** Fails while the server does not answer, or refuses writes. */
  readonly check: Effect.Effect<void, Failure>
}

/** What a server answers to a write that it does not take, whatever it is. */
const refusals = /\b(OOM|MISCONF|NOREPLICAS|READONLY)\b/

/**
 * `probe`: a key that nobody uses and that never comes to be. `obstacle`: what else may stand in the way of a write; it is
 * asked after a write was refused, and fails while that stands.
 */
export const watchRefusals = (
  connection: RedisConnection,
  probe: string,
  obstacle: Effect.Effect<void, Failure> = Effect.void
): RefusalWatch => {
  let isRefused = false
  const remember = (refused: boolean): Effect.Effect<void> =>
    Effect.sync(() => {
      isRefused = refused
    })
  // A server that forbids this command to our user has not said that it takes no others.
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
        Effect.tap(() => remember(false)),
        Effect.tapError(({ reason }) => (reason === "unavailable" ? remember(true) : Effect.void))
      ),
    check: Effect.andThen(
      connection.check,
      Effect.suspend(() =>
        isRefused ? obstacle.pipe(Effect.andThen(tryWrite), Effect.andThen(remember(false))) : Effect.void
      )
    )
  }
}
