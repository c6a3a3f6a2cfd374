/**
 * Timing statistics: how long events take from the edge to the enricher (`klag`) and from the edge to the log. An event
 * whose time is in the other dialect's unit, or a year or more off, is counted separately and in no average.
 */
import { counter } from "./counter/counter.ts"
import type { Counting } from "./inspect/counters/counting.ts"
import { timingIncrements } from "./inspect/counters/timings.ts"

export const timingCounting: Counting = {
  summary: "Average and percentiles of klag and of the time from edge to log, and the number of events.",
  count: (event) => [
    ...timingIncrements("klag", event.klag, event),
    ...timingIncrements("whole-way", event.wholeWay, event)
  ]
}

export const TimingStats = counter("timing-stats", timingCounting)
