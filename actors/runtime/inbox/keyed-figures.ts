/**
 * The metrics of a keyed actor, besides those of every actor; exported at 0 from its start. Gauges are those of the
 * partitions that this process owns. Lives as long as one run of the actor.
 */
import { Effect, Metric } from "effect"

const counter = (name: string, description: string) => (actor: string) =>
  Metric.counter(name, { description, incremental: true, attributes: { actor } })
const gauge = (name: string, description: string) => (actor: string) =>
  Metric.gauge(name, { description, attributes: { actor } })

const counters = {
  fired: counter("spoor_keyed_timers_fired_total", "Timers that fired."),
  keys: counter("spoor_keyed_keys_total", "Keys read, once per commit."),
  commits: counter("spoor_keyed_commits_total", "Commits of state, timers and fences."),
  conflicts: counter(
    "spoor_keyed_conflicts_total",
    "Commits refused because another process had written the partition; they are computed again."
  ),
  emitted: counter("spoor_keyed_outputs_total", "Records that were emitted and appended to the log."),
  passedOver: counter(
    "spoor_keyed_passed_over_total",
    "Records without the parameter of the key, or without an event."
  )
}
const gauges = {
  due: gauge("spoor_keyed_timers_due", "Timers that are due and have not fired."),
  waiting: gauge("spoor_keyed_outputs_waiting", "Emitted records that wait for their append to the log."),
  clockLag: gauge(
    "spoor_keyed_clock_lag_seconds",
    "How far the slowest clock of a partition is behind the wall clock; timers wait as long. 0 before a clock is known."
  )
}

/** The metrics of that name. */
export interface KeyedFigures {
  readonly add: (name: keyof typeof counters, count: number) => Effect.Effect<void>
  readonly set: (name: keyof typeof gauges, value: number) => Effect.Effect<void>
}

export const makeKeyedFigures = (actor: string): Effect.Effect<KeyedFigures> =>
  Effect.gen(function* () {
    const ofActor = <M>(made: Record<string, (actor: string) => M>) =>
      new Map(Object.entries(made).map(([name, make]) => [name, make(actor)]))
    const [counted, measured] = [ofActor(counters), ofActor(gauges)]
    for (const one of counted.values()) yield* Metric.update(one, 0)
    for (const one of measured.values()) yield* Metric.update(one, 0)
    return {
      add: (name, count) => {
        const one = counted.get(name)
        return one === undefined || count === 0 ? Effect.void : Metric.update(one, count)
      },
      set: (name, value) => {
        const one = measured.get(name)
        return one === undefined ? Effect.void : Metric.update(one, value)
      }
    }
  })
