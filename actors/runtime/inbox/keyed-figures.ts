/**
 * The metrics of a keyed actor, besides those of every actor; exported at 0 from its start. Gauges are those of the
 * partitions that this process owns. Lives as long as one run of the actor.
 */
import { Effect, Metric } from "effect"

const counters = {
  fired: Metric.counter("spoor_keyed_timers_fired_total", {
    description: "Timers of keys that fired.",
    incremental: true
  }),
  keys: Metric.counter("spoor_keyed_keys_total", {
    description: "Keys whose state was read, counted once per commit.",
    incremental: true
  }),
  commits: Metric.counter("spoor_keyed_commits_total", {
    description: "Commits of state, timers and fences.",
    incremental: true
  }),
  conflicts: Metric.counter("spoor_keyed_conflicts_total", {
    description:
      "Commits refused because another process had written the partition; they were computed again.",
    incremental: true
  }),
  emitted: Metric.counter("spoor_keyed_outputs_total", {
    description: "Emitted records that were appended to the log.",
    incremental: true
  }),
  passedOver: Metric.counter("spoor_keyed_passed_over_total", {
    description: "Records that no key handles: without the parameter, or without a readable event.",
    incremental: true
  })
} as const
const gauges = {
  due: Metric.gauge("spoor_keyed_timers_due", {
    description: "Timers of keys that are due and have not fired."
  }),
  waiting: Metric.gauge("spoor_keyed_outputs_waiting", {
    description: "Emitted records that wait for their append to the log."
  }),
  clockLag: Metric.gauge("spoor_keyed_clock_lag_seconds", {
    description:
      "How far the slowest clock of a partition is behind the wall clock; timers wait as long. 0 before it is known."
  })
} as const

/** The metrics of one actor. */
export interface KeyedFigures {
  readonly add: (name: keyof typeof counters, count: number) => Effect.Effect<void>
  readonly set: (name: keyof typeof gauges, value: number) => Effect.Effect<void>
}

export const makeKeyedFigures = (actor: string): Effect.Effect<KeyedFigures> =>
  Effect.gen(function* () {
    const counted = of(counters, (one) => Metric.withAttributes(one, { actor }))
    const measured = of(gauges, (one) => Metric.withAttributes(one, { actor }))
    for (const one of Object.values(counted)) yield* Metric.update(one, 0)
    for (const one of Object.values(measured)) yield* Metric.update(one, 0)
    return {
      add: (name, count) => (count === 0 ? Effect.void : Metric.update(counted[name], count)),
      set: (name, value) => Metric.update(measured[name], value)
    }
  })

const of = <Name extends string, A, B>(
  all: Readonly<Record<Name, A>>,
  make: (one: A) => B
): Record<Name, B> =>
  Object.fromEntries(Object.entries<A>(all).map(([name, one]) => [name, make(one)])) as Record<Name, B>
