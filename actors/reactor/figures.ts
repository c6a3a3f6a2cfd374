/** The metrics of the reactor, besides those of every actor; exported at 0 from its start. */
import { Effect, Metric } from "effect"
import { allSuppressionReasons } from "../rules/deliveries.ts"

const counters = {
  matched: Metric.counter("spoor_reactor_matched_total", {
    description: "Events that matched a rule, counted once for each rule.",
    incremental: true
  }),
  commits: Metric.counter("spoor_reactor_commits_total", {
    description: "Commits of deliveries and fences.",
    incremental: true
  }),
  conflicts: Metric.counter("spoor_reactor_conflicts_total", {
    description: "Commits refused because another process had written the partition; they were done again.",
    incremental: true
  })
} as const
const suppressed = Metric.counter("spoor_reactor_suppressed_total", {
  description: "Matches that are not delivered, by reason.",
  incremental: true
})
const gauges = {
  rules: Metric.gauge("spoor_reactor_rules", { description: "Rules in use that are on." }),
  problem: Metric.gauge("spoor_reactor_rules_problem", {
    description:
      "1 while the rules file, or the file of a secret, cannot be used as it is now; the previous rules are in use."
  }),
  apiProblems: Metric.gauge("spoor_reactor_api_rules_unusable", {
    description: "Rules made by the API that cannot be used, like one with the name of a rule of the file."
  })
} as const

/** For the declaration of the actor. */
export const reactorMetrics = [...Object.values(counters), suppressed, ...Object.values(gauges)]

export interface ReactorFigures {
  readonly add: (name: keyof typeof counters, count: number) => Effect.Effect<void>
  readonly suppressed: (reason: string, count: number) => Effect.Effect<void>
  readonly set: (name: keyof typeof gauges, value: number) => Effect.Effect<void>
}

export const makeReactorFigures: Effect.Effect<ReactorFigures> = Effect.gen(function* () {
  for (const one of Object.values(counters)) yield* Metric.update(one, 0)
  for (const reason of allSuppressionReasons)
    yield* Metric.update(Metric.withAttributes(suppressed, { reason }), 0)
  for (const one of Object.values(gauges)) yield* Metric.update(one, 0)
  return {
    add: (name, count) => (count === 0 ? Effect.void : Metric.update(counters[name], count)),
    suppressed: (reason, count) => Metric.update(Metric.withAttributes(suppressed, { reason }), count),
    set: (name, value) => Metric.update(gauges[name], value)
  }
})
