/** What the client library's errors, and its silence, mean for the one who asked. */
import { Effect } from "effect"
import { Failure, type FailureReason } from "../../contracts/failure.ts"

/** The library's errors that say for sure whether the request was sent; after any other it may have been. */
const reasonsByName: Readonly<Record<string, FailureReason>> = {
  NoResponders: "no-responders",
  PermissionViolationError: "unavailable",
  ClosedConnectionError: "unavailable",
  DrainingConnectionError: "unavailable",
  InvalidArgumentError: "too-large"
}

/** The failure of a request on `subject`; the library wraps most errors in another. */
export const failureOf = (error: unknown, subject: string): Failure => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const name = cause instanceof Error ? cause.name : ""
  const reason = reasonsByName[name] ?? "timeout"
  return new Failure({
    reason,
    message: `asking ${subject}: ${cause instanceof Error ? cause.message : String(cause)}`
  })
}

/** NATS cannot do it now; nothing was done. */
export const unavailable = (message: string): Failure => new Failure({ reason: "unavailable", message })

/** Runs what the library may never end: for at most 2 s. Fails with `unavailable`. */
export const bounded = (what: string, run: () => Promise<void>): Effect.Effect<void, Failure> =>
  Effect.tryPromise({
    try: run,
    catch: (cause) => unavailable(cause instanceof Error ? cause.message : String(cause))
  }).pipe(
    Effect.timeoutOrElse({
      duration: 2_000,
      orElse: () => Effect.fail(unavailable(`${what} took longer than 2 s`))
    })
  )
