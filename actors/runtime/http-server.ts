/**
 * An HTTP server with the life of a scope: closing it answers the requests under way, and nothing new. It goes
 * politely, so that a client loses nothing by it (farewell.ts).
 */
import { Duration, Effect, type Scope } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { readAll } from "../../contracts/setting.ts"
import { gracefulClose } from "../../gateway/http/graceful-close.ts"
import { serve } from "../../gateway/http/serve.ts"
import type { ServeOptions } from "../../gateway/http/server-types.ts"
import type { StartFailure } from "./actor.ts"
import { drainTimeout } from "./settings.ts"

/** How long requests under way may take when the scope closes. */
const patience = "10 seconds"

/** Clients that go on sending are waited for so long at the most, milliseconds; less when DRAIN_TIMEOUT is short. */
const longestWait = 2_000
const shareOfDrain = 0.2

/**
 * Serves until the scope closes; returns the URL for this machine. `unavailable` when the port cannot be had.
 * `isLeaving` says, some time before that, that clients should move on.
 */
export const served = Effect.fnUntraced(function* (
  options: ServeOptions,
  isLeaving: () => boolean
): Effect.fn.Return<string, StartFailure, Scope.Scope> {
  const settings = yield* readAll({ drainTimeout })
  const longest = Math.min(longestWait, Duration.toMillis(settings.drainTimeout) * shareOfDrain)
  const { fetch, ceased } = gracefulClose(options.fetch, isLeaving)
  const server = yield* Effect.acquireRelease(
    Effect.tryPromise({
      try: () => serve({ ...options, fetch }),
      catch: (cause) =>
        cause instanceof Failure ? cause : new Failure({ reason: "unavailable", message: String(cause) })
    }),
    (server) =>
      Effect.promise(() => ceased(longest).then(server.stop)).pipe(
        Effect.timeoutOption(patience),
        Effect.andThen(Effect.promise(() => server.close()))
      )
  )
  return `${options.tls === undefined ? "http" : "https"}://${isEverywhere(options.hostname) ? "127.0.0.1" : options.hostname}:${server.port}`
})

const isEverywhere = (hostname: string): boolean => hostname === "0.0.0.0" || hostname === "::"
