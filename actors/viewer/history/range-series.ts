/** A series over a range of time, from the records of the range that the log still holds. Keeps nothing. */
import { Effect } from "effect"
import type { SeriesView } from "../../inspect/events/messages.ts"
import { addRecord, emptyInterval, type Interval } from "./interval.ts"
import { type Range, scanRange } from "./range.ts"
import type { SearchContext } from "./search-query.ts"
import { maxPoints, type SeriesName, seriesView, visibleSeries } from "./series.ts"

/** Round steps, seconds; above the last one, whole days. */
const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200]
const daySeconds = 86_400

/** The shortest step with at most `maxPoints` points in the range, seconds. */
const stepOf = ({ since, until }: Range): number => {
  const minStep = (until - since) / 1000 / maxPoints
  return steps.find((step) => step >= minStep) ?? Math.ceil(minStep / daySeconds) * daySeconds
}

/** Points that were not scanned are null. When the mask hides the names, the series has the sum only. */
export const seriesOfRange: (
  name: SeriesName,
  range: Range,
  context: Pick<SearchContext, "scan" | "topics" | "timeoutMs" | "mask">
) => Effect.Effect<SeriesView> = Effect.fnUntraced(function* (name, range, context) {
  const step = stepOf(range)
  const first = Math.floor(range.since / 1000 / step)
  const points = Math.max(1, Math.ceil(range.until / 1000 / step) - first)
  const intervals = new Map<number, Interval>()
  const { reached, troubles } = yield* scanRange(range, context, (record) => {
    const point = Math.floor(record.timestamp / 1000 / step) - first
    const interval = intervals.get(point) ?? emptyInterval()
    intervals.set(point, interval)
    addRecord(interval, record)
  })
  const times = Array.from({ length: points }, (_, i) => (first + i) * step)
  const counts = times.map((time, i) =>
    Math.min((time + step) * 1000, range.until) > reached ? undefined : (intervals.get(i) ?? emptyInterval())
  )
  return { ...seriesView(visibleSeries(name, context.mask), times, counts, step), name, troubles }
})
