/** Timing statistics: how long events wait in the queue (`klag`) and take for the whole way to the log. */
import { counter } from "./counter/counter.ts"
import { timingIncrements } from "./counter/timings.ts"

export const TimingStats = counter("timing-stats", {
  summary: "Average and percentiles of klag and of the whole way, and the total seen.",
  count: ({ klag, wholeWay }) => [
    ...timingIncrements("klag", klag),
    ...timingIncrements("whole-way", wholeWay)
  ]
})
