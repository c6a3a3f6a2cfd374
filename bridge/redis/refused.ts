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

/** A full queue, or an event that cannot be written, is no outage of the server. */
const isOutage = ({ reason }: Failure): boolean => reason === "unavailable" || reason === "timeout"

/** The connection itself reports why it cannot be used. */
const reasonOf = ({ message }: Failure): string | undefined =>
  /is not connected|connection was lost/.test(message) ? undefined : message

/** Error codes of a server that refuses every write. */
const refusals = /\b(OOM|MISCONF|NOREPLICAS|READONLY)\b/

/**
 * `meanwhile`: what happens while writes fail, one sentence for the log. `probe`: an unused key, which is never created. `obstacle`: a further check, run after a refused write; it fails while
 * writes would be refused.
 */
export const watchRefusals = (
  connection: RedisConnection,
  meanwhile: string,
  probe: string,
  obstacle: Effect.Effect<void, Failure> = Effect.void
): RefusalWatch => {
  const writing = connection.outage.operation({ meanwhile })
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
        Effect.tap(() => {
          writing.worked()
          return record(false)
        }),
        Effect.tapError((failure) => {
          if (isOutage(failure)) writing.failed(reasonOf(failure))
          return failure.reason === "unavailable" ? record(true) : Effect.void
        })
      ),
    check: Effect.andThen(
      connection.check,
      Effect.suspend(() =>
        isRefused ? obstacle.pipe(Effect.andThen(tryWrite), Effect.andThen(record(false))) : Effect.void
      )
    )
  }
}
