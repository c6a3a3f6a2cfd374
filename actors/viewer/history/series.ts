/**
 * Series over time of the events that a viewer has read: a ring of short intervals with their counts. An event belongs to
 * the interval of its log time. Bounded; lives as long as the viewer.
 */
import type { RecordBatch } from "../../../bridge/event-log/service.ts"
import { timingsOf } from "../../inspect/counters/timings.ts"
import type { Mask } from "../../inspect/events/mask.ts"
import type { SeriesView } from "../../inspect/events/messages.ts"
import { addRecord, type Counts, emptyInterval, type Interval, merged, otherName } from "./interval.ts"
import { type Gap, hasGap } from "./read-gaps.ts"
import { makeSeenRanges, type Reader } from "./seen-ranges.ts"

const named = ["types", "countries", "devices"] as const
export const seriesNames = ["all", ...named, "klag"] as const
export type SeriesName = (typeof seriesNames)[number]

/** The series shown under this name: only the sum of all when the mask hides its names. */
export const visibleSeries = (name: SeriesName, mask: Mask): SeriesName => {
  const isHidden =
    (name === "countries" && mask.hides("country")) || (name === "devices" && mask.hides("type"))
  return isHidden ? "all" : name
}

/** Length of an interval, seconds, and the number of intervals kept: an hour. */
const intervalSeconds = 5
const maxIntervals = 720

/** Maximum number of points of a series; for longer spans several intervals are merged into one point. */
export const maxPoints = 240

/** Types, countries and devices with a line of their own; the rest are summed up. */
const maxNamedLines = 10

export interface Series {
  /** A new reader, which adds the records of each partition in order. */
  readonly reader: () => Reader
  /** Forgets what a reader has read. */
  readonly removeReader: (reader: Reader) => void
  /** Counts the records that no reader has added before. `now`: ms since 1970. */
  readonly add: (reader: Reader, batch: RecordBatch, now: number) => void
  /** Declares that all records from this time on (ms since 1970) were added; earlier points are unknown. */
  readonly markKnownSince: (time: number) => void
  /** The last `minutes` up to `now` (ms since 1970), without the current interval. */
  readonly view: (name: SeriesName, minutes: number, now: number) => SeriesView
}

/**
 * Every record from `since` on (ms since 1970) is added. In `gaps` the log could not be read: an interval without records
 * is unknown then, not empty.
 *
 * @example
 * const series = makeSeries(Date.now())
 * const reader = series.reader()
 * series.add(reader, batch, Date.now())
 * series.view("types", 15, Date.now())
 */
export const makeSeries = (since: number, gaps: () => ReadonlyArray<Gap> = () => []): Series => {
  const intervals = new Map<number, Interval>()
  const seenRanges = makeSeenRanges()
  let knownSince = since

  const intervalAt = (index: number): Interval => {
    const known = intervals.get(index)
    if (known !== undefined) return known
    const interval = emptyInterval()
    intervals.set(index, interval)
    return interval
  }

  const evictBefore = (oldest: number): void => {
    if (intervals.size <= maxIntervals) return
    for (const index of intervals.keys()) if (index < oldest) intervals.delete(index)
  }

  return {
    reader: seenRanges.addReader,
    removeReader: seenRanges.removeReader,
    add: (reader, batch, now) => {
      const current = indexOf(now)
      const oldest = current - maxIntervals
      for (const record of seenRanges.unseen(reader, batch)) {
        // The clock of the log may be ahead of ours.
        const index = Math.min(indexOf(record.timestamp), current)
        if (index >= oldest) addRecord(intervalAt(index), record)
      }
      evictBefore(oldest)
    },
    markKnownSince: (time) => {
      knownSince = Math.min(knownSince, time)
    },
    view: (name, minutes, now) => {
      const requested = Math.min(maxIntervals, Math.max(1, Math.round((minutes * 60) / intervalSeconds)))
      const width = Math.ceil(requested / maxPoints)
      const points = Math.floor(requested / width)
      const end = Math.floor(indexOf(now) / width) * width
      const begins = Array.from({ length: points }, (_, i) => end - (points - i) * width)
      const counts = begins.map((begin) => {
        const from = begin * intervalSeconds * 1000
        if (from < knownSince) return undefined
        const parts = Array.from({ length: width }, (_, i) => intervals.get(begin + i))
        const known = parts.filter((part) => part !== undefined)
        if (known.length === 0 && hasGap(gaps(), from, from + width * intervalSeconds * 1000))
          return undefined
        return merged(known)
      })
      const times = begins.map((begin) => begin * intervalSeconds)
      return seriesView(name, times, counts, width * intervalSeconds)
    }
  }
}

/** The series of these intervals of `step` seconds; an unknown interval is undefined. */
export const seriesView = (
  name: SeriesName,
  times: ReadonlyArray<number>,
  counts: ReadonlyArray<Interval | undefined>,
  step: number
): SeriesView => ({
  name,
  unit: name === "klag" ? "ms" : "events/s",
  step,
  times,
  known: counts.filter((one) => one !== undefined).length,
  lines: name === "klag" ? klagLines(counts) : rateLines(name, counts, step),
  troubles: []
})

/** The index of the interval that a time (ms since 1970) falls into. */
const indexOf = (time: number): number => Math.floor(time / 1000 / intervalSeconds)

type Points = ReadonlyArray<Interval | undefined>
type Lines = SeriesView["lines"]

const rateLines = (name: Exclude<SeriesName, "klag">, points: Points, seconds: number): Lines => {
  const rate = (count: number): number => Math.round((count / seconds) * 100) / 100
  if (name === "all")
    return [{ name, values: points.map((point) => (point === undefined ? null : rate(point.all))) }]
  const shown = largestOf(
    points.flatMap((point) => (point === undefined ? [] : [point[name]])),
    maxNamedLines
  )
  const countOf = (point: Interval, line: string): number => point[name].get(line) ?? 0
  const rest = (point: Interval): number =>
    shown.reduce((left, line) => left - countOf(point, line), point.all)
  const lines = shown.map((line) => ({
    name: line,
    values: points.map((point) => (point === undefined ? null : rate(countOf(point, line))))
  }))
  const others = points.map((point) => (point === undefined ? null : rate(rest(point))))
  return others.some((value) => value !== null && value > 0)
    ? [...lines, { name: otherName, values: others }]
    : lines
}

/** The names with the largest counts, largest first, without `(other)`. */
const largestOf = (all: ReadonlyArray<Counts>, max: number): ReadonlyArray<string> => {
  const sums: Counts = new Map()
  for (const counts of all) for (const [key, by] of counts) sums.set(key, (sums.get(key) ?? 0) + by)
  sums.delete(otherName)
  return [...sums]
    .toSorted(([one, a], [other, b]) => b - a || (one < other ? -1 : 1))
    .slice(0, max)
    .map(([key]) => key)
}

const klagLines = (points: Points): Lines => {
  const timings = points.map((point) =>
    point === undefined || point.klag.size === 0
      ? undefined
      : timingsOf(Array.from(point.klag, ([key, count]) => ({ key, count })))
  )
  return (["p50", "p90", "p99"] as const).map((name) => ({
    name,
    values: timings.map((timing) => timing?.[name] ?? null)
  }))
}
