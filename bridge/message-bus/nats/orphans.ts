/**
 * Ignores errors of abandoned sockets. The client library removes its error listeners from a socket before the socket
 * fails (a server that refuses the login resets the connection at that moment), and an error without a listener ends a
 * process on Deno. Active while a connection to NATS is open or being made.
 */
import { Effect, type Scope } from "effect"

/** Active until the scope closes. */
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

/** The system's error for a connection that the other side has reset. */
const isReset = (error: unknown): boolean =>
  error instanceof Error &&
  "code" in error &&
  "syscall" in error &&
  ["ECONNRESET", "EPIPE"].includes(String(error.code)) &&
  ["read", "write"].includes(String(error.syscall))
