/** Settings of several gateway processes on one machine: they share a port and a queue, and have OPS ports of their own. */
import { Duration, Effect } from "effect"
import { redisUrl } from "../../bridge/settings.ts"
import { Failure } from "../../contracts/failure.ts"
import { readAll } from "../../contracts/setting.ts"
import { serve } from "../../gateway/http/serve.ts"
import { gatewayHost, gatewayPort } from "../../gateway/settings.ts"
import type { StartFailure } from "../runtime/actor.ts"
import { drainDelay, drainTimeout, opsPort } from "../runtime/settings.ts"
import type { Workers } from "../runtime/workers/supervisor.ts"

const highestPort = 65_535

/** Time for a worker to exit after DRAIN_DELAY and DRAIN_TIMEOUT, milliseconds. Only a worker that hangs needs it. */
const graceMs = 5_000

/**
 * The environment of each worker: the shared port, and OPS_PORT, OPS_PORT + 1 and so on. Fails with one sentence when the
 * settings do not allow workers, or when another process listens on the port: it would take a part of the events.
 */
export const gatewayWorkers = Effect.fnUntraced(function* (
  workers: number
): Effect.fn.Return<Pick<Workers, "environments" | "drainTimeoutMs">, StartFailure> {
  const settings = yield* readAll({ gatewayPort, gatewayHost, opsPort, redisUrl, drainDelay, drainTimeout })
  if (settings.redisUrl === undefined)
    return yield* unworkable(
      "--workers requires REDIS_URL: workers cannot share the embedded queue, which is a file"
    )
  if (settings.opsPort + workers - 1 > highestPort)
    return yield* unworkable(
      `OPS_PORT=${settings.opsPort} is too high for ${workers} workers: each needs a port of its own. Set it to at most ${highestPort - workers + 1}`
    )
  const port = yield* freePort(settings.gatewayPort, settings.gatewayHost)
  return {
    environments: Array.from({ length: workers }, (_, index) => ({
      [gatewayPort.name]: String(port),
      [opsPort.name]: String(settings.opsPort === 0 ? 0 : settings.opsPort + index)
    })),
    drainTimeoutMs:
      Duration.toMillis(settings.drainDelay) + Duration.toMillis(settings.drainTimeout) + graceMs
  }
})

const unworkable = (message: string): Effect.Effect<never, Failure> =>
  Effect.fail(new Failure({ reason: "misconfigured", message }))

/** The port itself, or a free port for 0. Fails when another process listens there. */
const freePort = (port: number, hostname: string): Effect.Effect<number, Failure> =>
  Effect.tryPromise({
    try: async () => {
      const server = await serve({ port, hostname, fetch: unavailable })
      await server.close()
      return server.port
    },
    catch: (cause) =>
      cause instanceof Failure ? cause : new Failure({ reason: "unavailable", message: String(cause) })
  })

const unavailable = (): Response => new Response(null, { status: 503, headers: { "retry-after": "1" } })
