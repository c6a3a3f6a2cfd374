/**
 * Sockets that the client library lets go of at the moment when they fail: it stops listening to them first, and an
 * error that nobody listens to ends a process on Deno (a server that refuses the login resets the connection just then).
 * Such an error is nobody's any more; it is ignored while a connection to NATS is wanted.
 */
import { Effect, type Scope } from "effect"

/** Ignores them until the scope closes. */
export const ignoreOrphans: Effect.Effect<void, never, Scope.Scope> = Effect.asVoid(
  Effect.acquireRelease(
    Effect.sync(() => {
      const ignore = (event: Event): void => {
        if ("error" in event && isReset(event.error)) event.preventDefault()
      }
      globalThis.addEventListener("error", ignore)
      return ignore
    }),
    (ignore) => Effect.sync(() => globalThis.removeEventListener("error", ignore))
  )
)

/** A connection that the other side has reset, as the system tells it. */
const isReset = (error: unknown): boolean =>
  error instanceof Error &&
  "code" in error &&
  "syscall" in error &&
  ["ECONNRESET", "EPIPE"].includes(String(error.code)) &&
  ["read", "write"].includes(String(error.syscall))
