/**
 * Timing statistics: how long events wait in the queue (`klag`) and take for the whole way to the log. An event whose
 * line has its time in the other dialect's unit, or a year or more off, is counted by itself and in no average.
 */
import { counter } from "./counter/counter.ts"
import type { Counting } from "./inspect/counters/counting.ts"
import { timingIncrements } from "./inspect/counters/timings.ts"

export const timingCounting: Counting = {
  summary: "Average and percentiles of klag and of the whole way, and the total seen.",
  count: (event) => [
    ...timingIncrements("klag", event.klag, event),
    ...timingIncrements("whole-way", event.wholeWay, event)
  ]
}

export const TimingStats = counter("timing-stats", timingCounting)
