/**
 * Counts the gateway's responses by their status, in plain code; the numbers are read when the metrics are. Lives as long as
 * the gateway.
 */
import { type Context, Metric } from "effect"
import { describedErrors } from "../../gateway/openapi/errors.ts"

const responses = Metric.counter("spoor_gateway_responses_total", {
  description:
    "Responses by status, without those to health checks and /metrics; with refused connections (503) and requests that did not arrive in time (408).",
  incremental: true
})

/** Statuses whose series exist from the start. */
const knownStatuses: ReadonlyArray<number> = [200, 302, ...describedErrors.map(({ status }) => status)]

/** A function that counts one response, called once per request. The series are in the metrics of `context`. */
export const makeResponseFigures = (context: Context.Context<never>): ((status: number) => void) => {
  const counts = new Float64Array(600)
  const registered = new Set<number>()

  const register = (status: number): void => {
    if (registered.has(status)) return
    registered.add(status)
    Metric.registerUnsafe(Metric.withAttributes(responses, { status: String(status) }), context, {
      get: () => ({ count: counts[status] ?? 0, incremental: true }),
      update: () => undefined,
      modify: () => undefined
    })
  }
  knownStatuses.forEach(register)

  return (status) => {
    const before = counts[status] ?? 0
    if (before === 0) register(status)
    counts[status] = before + 1
  }
}
