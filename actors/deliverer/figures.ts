/** The figures of a deliverer, for its own part: a sum over all deliverers is right. From 0, from the start. */
import { type Context, Effect, Metric } from "effect"

/** What became of a delivery; released ones are counted as refused events of the actor. */
const outcomes = ["delivered", "next", "retry", "failed", "dead"] as const
export type DeliveredAs = (typeof outcomes)[number]

const statuses = ["2xx", "3xx", "4xx", "5xx", "none"] as const

const settled = (outcome: DeliveredAs) =>
  Metric.counter("spoor_deliveries_total", {
    description:
      "Attempts at deliveries by outcome: delivered, next (a step is done, others follow), retry, failed (given up), dead (in the list of dead letters).",
    incremental: true,
    attributes: { outcome }
  })
const calls = (status: string) =>
  Metric.counter("spoor_delivery_calls_total", {
    description: "HTTP calls of rules by the class of the answer's status; none: there was no answer.",
    incremental: true,
    attributes: { status }
  })
const durations = Metric.histogram("spoor_delivery_call_duration_seconds", {
  description: "Duration of an HTTP call of a rule, with its answer.",
  boundaries: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
})
const inFlight = Metric.gauge("spoor_delivery_calls_in_flight", {
  description: "HTTP calls of rules that this process is making."
})

/** For the declaration of the actor. */
export const deliveryMetrics = [settled("delivered"), calls("2xx"), durations, inFlight]

export interface CallFigures {
  readonly began: () => void
  readonly ended: () => void
  readonly called: (status: number | undefined, milliseconds: number) => void
  readonly settled: (outcome: DeliveredAs) => void
}

export const makeCallFigures: Effect.Effect<CallFigures> = Effect.contextWith(
  (registry: Context.Context<never>) =>
    Effect.sync(() => {
      const settledAs = new Map(outcomes.map((outcome) => [outcome, settled(outcome)] as const))
      const calledWith = new Map<string, ReturnType<typeof calls>>(
        statuses.map((status) => [status, calls(status)] as const)
      )
      for (const series of [...settledAs.values(), ...calledWith.values()]) series.updateUnsafe(0, registry)
      // NOTE: reading a histogram creates its series without an observation.
      durations.valueUnsafe(registry)
      let running = 0
      const show = (): void => inFlight.updateUnsafe(running, registry)
      show()
      return {
        began: () => {
          running += 1
          show()
        },
        ended: () => {
          running -= 1
          show()
        },
        called: (status, milliseconds) => {
          const name = status === undefined ? "none" : `${Math.floor(status / 100)}xx`
          calledWith.get(name)?.updateUnsafe(1, registry)
          durations.updateUnsafe(milliseconds / 1000, registry)
        },
        settled: (outcome) => settledAs.get(outcome)?.updateUnsafe(1, registry)
      } satisfies CallFigures
    })
)
