/**
 * Serves health and metrics of the process, and the description of its messages, over HTTP on OPS_PORT, for load balancers,
 * Kubernetes, Prometheus and people, until its scope closes. The responses contain addresses and file paths, so it listens on 127.0.0.1 unless OPS_HOST is set.
 */
import { hostname as machine } from "node:os"
import { Effect } from "effect"
import { readAll } from "../../contracts/setting.ts"
import { noStore } from "../../gateway/http/responses.ts"
import { withoutSlash } from "../../gateway/routes.ts"
import { answerContract, isContractPath } from "./contract-files.ts"
import type { Health, HealthReport } from "./health.ts"
import { served } from "./http-server.ts"
import { opsHost, opsPort } from "./settings.ts"

/**
 * Serves until the scope closes; returns its URL for this machine, and its address for others, which `$SRV.INFO` names.
 * Fails with `unavailable` when the port is in use.
 */
export const opsServer = Effect.fnUntraced(function* (health: Health) {
  const { port, hostname } = yield* readAll({ port: opsPort, hostname: opsHost })
  const fetch = (request: Request): Response | Promise<Response> => {
    const path = withoutSlash(new URL(request.url).pathname)
    if (isContractPath(path)) return answerContract(request)
    switch (path) {
      case "/health/live":
        return answerLive()
      case "/health/ready":
        return Effect.runPromise(answerReady(health))
      case "/metrics":
        return Effect.runPromise(answerMetrics(health))
    }
    const message = "Not found. The paths are /health/live, /health/ready, /metrics and /contracts."
    return Response.json({ error: "not-found", message }, { status: 404 })
  }
  const url = yield* served({ port, hostname, fetch }, health.isLeaving)
  const isAnyHost = hostname === "0.0.0.0" || hostname === "::"
  return { url, address: isAnyHost ? `http://${machine()}:${new URL(url).port}` : url }
})

/** The process is up. Checks no other system, so that an outage elsewhere never restarts this process. */
export const answerLive = (): Response => Response.json({ status: "live" }, { headers: noStore })

/** 200 when the process is ready or degraded, else 503; with a report on each dependency. */
export const answerReady = (health: Health): Effect.Effect<Response> =>
  Effect.map(health.report, (report) => Response.json(report, { status: codeOf(report), headers: noStore }))

/**
 * The same for public ports: the status alone, checked at most once a second; a process that is stopping is reported at
 * once. Made once per server.
 */
export const makePublicReady = (health: Health): Effect.Effect<Effect.Effect<Response>> =>
  Effect.map(Effect.cachedWithTTL(health.report, "1 second"), (report) =>
    Effect.suspend((): typeof leaving => (health.isLeaving() ? leaving : report)).pipe(
      Effect.map(({ status }) => Response.json({ status }, { status: codeOf({ status }), headers: noStore }))
    )
  )

const codeOf = ({ status }: Pick<HealthReport, "status">): number => (status === "not ready" ? 503 : 200)

const leaving: Effect.Effect<Pick<HealthReport, "status">> = Effect.succeed({ status: "not ready" })

/** The metrics in the Prometheus text format. */
export const answerMetrics = (health: Health): Effect.Effect<Response> =>
  Effect.map(
    health.metrics,
    (text) => new Response(text, { headers: { "content-type": "text/plain; version=0.0.4", ...noStore } })
  )
