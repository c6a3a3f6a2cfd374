/**
 * An HTTP server with the life of a scope: closing it answers the requests under way, and nothing new. It goes
 * politely, so that a client loses nothing by it (farewell.ts).
 */
import { Effect, type Scope } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { type ServeOptions, serve } from "../../gateway/serve.ts"
import { makeFarewell } from "./farewell.ts"

/** How long requests under way may take when the scope closes. */
const patience = "10 seconds"

/**
 * Serves until the scope closes; returns the URL for this machine. `unavailable` when the port cannot be had.
 * `isLeaving` says, some time before that, that clients should move on.
 */
export const served = (
  options: ServeOptions,
  isLeaving: () => boolean
): Effect.Effect<string, Failure, Scope.Scope> => {
  const { fetch, ceased } = makeFarewell(options.fetch, isLeaving)
  return Effect.acquireRelease(
    Effect.tryPromise({
      try: () => serve({ ...options, fetch }),
      catch: (cause) =>
        cause instanceof Failure ? cause : new Failure({ reason: "unavailable", message: String(cause) })
    }),
    (server) =>
      Effect.promise(() => ceased().then(server.stop)).pipe(
        Effect.timeoutOption(patience),
        Effect.andThen(Effect.promise(() => server.close()))
      )
  ).pipe(
    Effect.map(
      (server) => `http://${isEverywhere(options.hostname) ? "127.0.0.1" : options.hostname}:${server.port}`
    )
  )
}

const isEverywhere = (hostname: string): boolean => hostname === "0.0.0.0" || hostname === "::"
