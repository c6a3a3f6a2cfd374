/** What the client library's errors mean for the one who asked. */
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
