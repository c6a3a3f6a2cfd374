/** The figures of enrichment steps: events by step and outcome, and the duration of a request. From 0, from the start. */
import { type Context, Effect, Metric } from "effect"
import { failureReasons } from "../../contracts/failure.ts"

/** What a step did for an event; any other outcome is the reason of a failure: the event went on, or waits, without it. */
const verdicts = ["added", "unchanged", "failed"] as const
type Outcome = (typeof verdicts)[number] | (typeof failureReasons)[number]

const events = (step: string, outcome: string) =>
  Metric.counter("spoor_enrich_step_events_total", {
    description:
      "Events by enrichment step and outcome: added (parameters), unchanged, failed (the step could not handle this event), or the reason for which the step gave no answer.",
    incremental: true,
    attributes: { step, outcome }
  })

const duration = (step: string) =>
  Metric.histogram("spoor_enrich_step_duration_seconds", {
    description: "Duration of a request to an enrichment step, with its answer.",
    boundaries: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
    attributes: { step }
  })

export interface StepFigures {
  readonly count: (outcome: Outcome, events: number) => void
  /** A request ended after that many milliseconds. */
  readonly took: (milliseconds: number) => void
}

/** The figures of one step, all exported at 0. */
export const makeStepFigures = (step: string): Effect.Effect<StepFigures> =>
  Effect.contextWith((registry: Context.Context<never>) =>
    Effect.sync(() => {
      const series = new Map(
        [...verdicts, ...failureReasons].map((outcome) => [outcome, events(step, outcome)] as const)
      )
      for (const one of series.values()) one.updateUnsafe(0, registry)
      const durations = duration(step)
      // NOTE: reading a histogram creates its series without an observation.
      durations.valueUnsafe(registry)
      return {
        count: (outcome, count) => series.get(outcome)?.updateUnsafe(count, registry),
        took: (milliseconds) => durations.updateUnsafe(milliseconds / 1000, registry)
      } satisfies StepFigures
    })
  )
