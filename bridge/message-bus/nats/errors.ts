/** The client library's errors and timeouts as failures of the caller. */
import { Effect } from "effect"
import { Failure, type FailureReason } from "../../../contracts/failure.ts"
import { reasonOf } from "../../connection-state.ts"
import { tlsAdvice } from "../../tls-files.ts"

/** Errors after which it is certain whether the request was sent; after any other it may have been. */
const reasonsByName: Readonly<Record<string, FailureReason>> = {
  NoResponders: "no-responders",
  PermissionViolationError: "unavailable",
  ClosedConnectionError: "unavailable",
  DrainingConnectionError: "unavailable",
  InvalidArgumentError: "too-large"
}

/** The failure of a request on `subject`. */
export const failureOf = (error: unknown, subject: string): Failure => {
  const cause = causeOf(error)
  const reason = reasonsByName[nameOf(cause)] ?? "timeout"
  return new Failure({ reason, message: `request on ${subject}: ${reasonOf(cause)}` })
}

/** Why there is no connection, or why it was lost: a clause for a person. */
export const lossReason = (error: unknown, isTls = false): string => {
  const cause = causeOf(error)
  const reason = reasonOf(cause)
  const isLogin = ["AuthorizationError", "UserAuthenticationExpiredError"].includes(nameOf(cause))
  if (isLogin)
    return `it refuses the login: ${reason}; check the user and password or token in NATS_URL, or NATS_CREDS or NATS_NKEY`
  // A server that wants a client certificate may close the connection without a word.
  const isClosed = isTls && /EBADF|EPIPE|ECONNRESET|disconnect|h2 alpn/i.test(reason)
  const advice = isClosed
    ? "it may refuse the client certificate; check NATS_CERT and NATS_KEY"
    : tlsAdvice(reason, "NATS")
  return advice === undefined ? reason : `${reason}; ${advice}`
}

/** An operation that the server denies while the connection stays; undefined for an error that ends the connection. */
export const warningOf = (error: Error): string | undefined =>
  nameOf(error) === "PermissionViolationError" || /invalid (publish )?subject/i.test(error.message)
    ? error.message
    : undefined

/** The library wraps most errors. */
const causeOf = (error: unknown): unknown =>
  error instanceof Error && error.cause instanceof Error ? error.cause : error

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "")

/** NATS is unavailable; nothing was done. */
export const unavailable = (message: string): Failure => new Failure({ reason: "unavailable", message })

/** Runs an operation of the library that may never end, for at most 2 s. Fails with `unavailable`. */
export const bounded = (operation: string, run: () => Promise<void>): Effect.Effect<void, Failure> =>
  Effect.tryPromise({
    try: run,
    catch: (cause) => unavailable(cause instanceof Error ? cause.message : String(cause))
  }).pipe(
    Effect.timeoutOrElse({
      duration: 2_000,
      orElse: () => Effect.fail(unavailable(`${operation} took longer than 2 s`))
    })
  )
