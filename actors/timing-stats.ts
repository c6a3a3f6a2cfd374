/** Timing statistics: how long events wait in the queue (`klag`) and take for the whole way to the log. */
import { type Counting, counter } from "./counter/counter.ts"
import { timingIncrements } from "./counter/timings.ts"

export const timingCounting: Counting = {
  summary: "Average and percentiles of klag and of the whole way, and the total seen.",
  count: ({ klag, wholeWay }) => [
    ...timingIncrements("klag", klag),
    ...timingIncrements("whole-way", wholeWay)
  ]
}

export const TimingStats = counter("timing-stats", timingCounting)
