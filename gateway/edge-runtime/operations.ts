/** Health and figures of a gateway at the edge, asked of its store. Keeps no state. */
import type { OperationalHandler } from "../dispatch.ts"
import type { GatewayOptions } from "../handler.ts"
import { refuse } from "../http/errors.ts"
import { noStore } from "../http/responses.ts"
import type { EdgeFigures, EdgeStore } from "./service.ts"

export const edgeOperations = (
  store: EdgeStore,
  ack: string,
  hasMetrics: boolean
): GatewayOptions["operations"] => {
  const ready: OperationalHandler = async () => {
    const problem = await store.figures().then(
      (figures) => figures.problem,
      () => "the store of the edge does not answer"
    )
    if (problem === undefined) return health("ready", 200)
    return ack === "centre" ? health("not ready", 503) : health("degraded", 200)
  }
  const metrics: OperationalHandler = async () =>
    new Response(metricsText(await store.figures()), {
      headers: { "content-type": "text/plain; version=0.0.4", ...noStore }
    })
  return { live: () => health("live", 200), ready, metrics: hasMetrics ? metrics : noMetrics }
}

const health = (status: string, code: number): Response =>
  Response.json({ status }, { status: code, headers: noStore })

const noMetrics: OperationalHandler = () =>
  refuse("not-found", "Metrics are off. To serve them to anyone, set GATEWAY_METRICS=true.")

const metricsText = ({ lines, bytes, oldestMs, delivered, failures }: EdgeFigures): string =>
  [
    figure("stored_lines", "gauge", "Lines that wait at the edge for the centre.", lines),
    figure("stored_bytes", "gauge", "Bytes of the lines that wait at the edge.", bytes),
    figure("oldest_seconds", "gauge", "Age of the oldest line that waits at the edge.", oldestMs / 1000),
    figure("delivered_lines_total", "counter", "Lines that the centre's queue has confirmed.", delivered),
    figure("push_failures_total", "counter", "Attempts to push to the centre that failed.", failures)
  ].join("")

const figure = (name: string, type: string, help: string, value: number): string =>
  `# HELP spoor_edge_${name} ${help}\n# TYPE spoor_edge_${name} ${type}\nspoor_edge_${name} ${value}\n`
