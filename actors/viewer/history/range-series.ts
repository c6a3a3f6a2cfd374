/** Figures over a range of time, of what the log still holds of it. Keeps nothing. */
import { Effect } from "effect"
import type { SeriesView } from "../../inspect/events/messages.ts"
import { addTo, emptyInterval, type Interval } from "./interval.ts"
import { eachIn, type Range } from "./range.ts"
import type { SearchPlaces } from "./search.ts"
import { mostPoints, type SeriesName, seriesView, shownSeries } from "./series.ts"

/** Steps that are round, in seconds; beyond the last, whole days. */
const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200]
const day = 86_400

/** The shortest step with which a range has few enough points. */
const stepOf = ({ since, until }: Range): number => {
  const wanted = (until - since) / 1000 / mostPoints
  return steps.find((step) => step >= wanted) ?? Math.ceil(wanted / day) * day
}

/** Points that were not looked through are null; of names that the mask hides there is only the sum of all. */
export const seriesOfRange: (
  name: SeriesName,
  range: Range,
  places: Pick<SearchPlaces, "scan" | "topics" | "patience" | "mask">
) => Effect.Effect<SeriesView> = Effect.fnUntraced(function* (name, range, places) {
  const step = stepOf(range)
  const first = Math.floor(range.since / 1000 / step)
  const points = Math.max(1, Math.ceil(range.until / 1000 / step) - first)
  const intervals = new Map<number, Interval>()
  const { reached, troubles } = yield* eachIn(range, places, (record) => {
    const place = Math.floor(record.timestamp / 1000 / step) - first
    const interval = intervals.get(place) ?? emptyInterval()
    intervals.set(place, interval)
    addTo(interval, record)
  })
  const times = Array.from({ length: points }, (_, i) => (first + i) * step)
  const counts = times.map((time, i) =>
    Math.min((time + step) * 1000, range.until) > reached ? undefined : (intervals.get(i) ?? emptyInterval())
  )
  return { ...seriesView(shownSeries(name, places.mask), times, counts, step), name, troubles }
})
