/** What several gateways on one machine need, to share its port: a queue that they can share, and ports of their own. */
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

/** How long a worker may go on beyond DRAIN_DELAY and DRAIN_TIMEOUT, which it keeps itself unless it hangs, milliseconds. */
const grace = 5_000

/**
 * What each of so many workers has in its environment: the one port, and OPS_PORT, OPS_PORT + 1 and so on. Fails with one
 * sentence when they cannot work together, or when somebody else listens on the port: who shared it by mistake would
 * take a part of the events.
 */
export const gatewayWorkers = Effect.fnUntraced(function* (
  workers: number
): Effect.fn.Return<Pick<Workers, "environments" | "drainTimeoutMs">, StartFailure> {
  const settings = yield* readAll({ gatewayPort, gatewayHost, opsPort, redisUrl, drainDelay, drainTimeout })
  if (settings.redisUrl === undefined)
    return yield* unworkable(
      "--workers needs REDIS_URL: workers cannot share the embedded queue, which is one file"
    )
  if (settings.opsPort + workers - 1 > highestPort)
    return yield* unworkable(
      `OPS_PORT=${settings.opsPort} leaves no ports for ${workers} workers, which take one each from there on`
    )
  const port = yield* freePort(settings.gatewayPort, settings.gatewayHost)
  return {
    environments: Array.from({ length: workers }, (_, index) => ({
      [gatewayPort.name]: String(port),
      [opsPort.name]: String(settings.opsPort === 0 ? 0 : settings.opsPort + index)
    })),
    drainTimeoutMs: Duration.toMillis(settings.drainDelay) + Duration.toMillis(settings.drainTimeout) + grace
  }
})

const unworkable = (message: string): Effect.Effect<never, Failure> =>
  Effect.fail(new Failure({ reason: "misconfigured", message }))

/** The port itself, or a free one for 0. Fails when somebody listens there. */
const freePort = (port: number, hostname: string): Effect.Effect<number, Failure> =>
  Effect.tryPromise({
    try: async () => {
      const server = await serve({ port, hostname, fetch: notYet })
      await server.close()
      return server.port
    },
    catch: (cause) =>
      cause instanceof Failure ? cause : new Failure({ reason: "unavailable", message: String(cause) })
  })

const notYet = (): Response => new Response(null, { status: 503, headers: { "retry-after": "1" } })
