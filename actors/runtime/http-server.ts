/**
 * An HTTP server that runs until its scope closes. Closing answers the requests in flight and accepts no new ones, so
 * that no client loses a request (gateway/http/graceful-close.ts).
 */
import { Duration, Effect, type Scope } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { readAll } from "../../contracts/setting.ts"
import { gracefulClose } from "../../gateway/http/graceful-close.ts"
import { serve } from "../../gateway/http/serve.ts"
import type { ServeOptions } from "../../gateway/http/server-types.ts"
import type { StartFailure } from "./actor.ts"
import { drainTimeout } from "./settings.ts"

/** How long requests in flight may take when the scope closes. */
const closeTimeout = "10 seconds"

/** How long to wait for clients that keep sending, milliseconds; less when DRAIN_TIMEOUT is short. */
const maxClientWaitMs = 2_000
const maxShareOfDrain = 0.2

/**
 * Serves until the scope closes; returns the URL for this machine. Fails with `unavailable` when the port cannot be
 * opened. `isLeaving` becomes true some time before the scope closes: responses then ask clients to reconnect elsewhere.
 */
export const served = Effect.fnUntraced(function* (
  options: ServeOptions,
  isLeaving: () => boolean
): Effect.fn.Return<string, StartFailure, Scope.Scope> {
  const settings = yield* readAll({ drainTimeout })
  const clientWaitMs = Math.min(maxClientWaitMs, Duration.toMillis(settings.drainTimeout) * maxShareOfDrain)
  const { fetch, ceased } = gracefulClose(options.fetch, isLeaving)
  const server = yield* Effect.acquireRelease(
    Effect.tryPromise({
      try: () => serve({ ...options, fetch }),
      catch: (cause) =>
        cause instanceof Failure ? cause : new Failure({ reason: "unavailable", message: String(cause) })
    }),
    (server) =>
      Effect.promise(() => ceased(clientWaitMs).then(server.stop)).pipe(
        Effect.timeoutOption(closeTimeout),
        Effect.andThen(Effect.promise(() => server.close()))
      )
  )
  return `${options.tls === undefined ? "http" : "https"}://${isAnyAddress(options.hostname) ? "127.0.0.1" : options.hostname}:${server.port}`
})

const isAnyAddress = (hostname: string): boolean => hostname === "0.0.0.0" || hostname === "::"
