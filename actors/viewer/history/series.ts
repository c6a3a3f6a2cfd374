/**
 * Figures over time, of the events that a viewer has read: a ring of short intervals, each with its counts. An event
 * belongs to the interval in which the log took it. Bounded; lives as long as the viewer.
 */
import type { RecordBatch } from "../../../bridge/event-log/service.ts"
import { timingsOf } from "../../inspect/counters/timings.ts"
import type { Mask } from "../../inspect/events/mask.ts"
import type { SeriesView } from "../../inspect/events/messages.ts"
import { addTo, type Counts, emptyInterval, type Interval, otherName, together } from "./interval.ts"
import { type Gap, isCut } from "./read-gaps.ts"
import { makeCovered, type Reader } from "./seen-ranges.ts"

const named = ["types", "countries", "devices"] as const
export const seriesNames = ["all", ...named, "klag"] as const
export type SeriesName = (typeof seriesNames)[number]

/** The series that is told of that name: of names that a mask hides, only the sum of all. */
export const shownSeries = (name: SeriesName, mask: Mask): SeriesName => {
  const isHidden =
    (name === "countries" && mask.hides("country")) || (name === "devices" && mask.hides("type"))
  return isHidden ? "all" : name
}

/** An interval lasts so many seconds, and so many are kept: an hour. */
const intervalTime = 5
const keptIntervals = 720

/** A chart has at most so many points: of longer spans, several intervals make one. */
export const mostPoints = 240

/** Of types, countries and devices, so many have a line of their own. */
const largest = 10

export interface Series {
  /** Somebody who brings records, in the order of each partition. */
  readonly reader: () => Reader
  readonly forget: (reader: Reader) => void
  /** Counts the records that nobody has brought before. `now`: milliseconds since 1970. */
  readonly add: (reader: Reader, batch: RecordBatch, now: number) => void
  /** All records from that time on (milliseconds since 1970) have been brought; what lies before is not shown. */
  readonly isKnownSince: (time: number) => void
  /** The figures of so many minutes up to `now`, milliseconds since 1970; the interval that has not ended is left out. */
  readonly view: (name: SeriesName, minutes: number, now: number) => SeriesView
}

/**
 * `since`: from when on every record is brought, milliseconds since 1970. In `gaps` the log could not be read: that
 * nothing was brought of such a time does not mean that nothing was there.
 */
export const makeSeries = (since: number, gaps: () => ReadonlyArray<Gap> = () => []): Series => {
  const intervals = new Map<number, Interval>()
  const covered = makeCovered()
  let knownSince = since

  const intervalAt = (place: number): Interval => {
    const known = intervals.get(place)
    if (known !== undefined) return known
    const interval = emptyInterval()
    intervals.set(place, interval)
    return interval
  }

  const forgetBefore = (place: number): void => {
    if (intervals.size <= keptIntervals) return
    for (const one of intervals.keys()) if (one < place) intervals.delete(one)
  }

  return {
    reader: covered.reader,
    forget: covered.forget,
    add: (reader, batch, now) => {
      const current = placeOf(now)
      const oldest = current - keptIntervals
      for (const record of covered.newIn(reader, batch)) {
        // Of a clock that is ahead of ours, the event is one of now.
        const place = Math.min(placeOf(record.timestamp), current)
        if (place >= oldest) addTo(intervalAt(place), record)
      }
      forgetBefore(oldest)
    },
    isKnownSince: (time) => {
      knownSince = Math.min(knownSince, time)
    },
    view: (name, minutes, now) => {
      const wanted = Math.min(keptIntervals, Math.max(1, Math.round((minutes * 60) / intervalTime)))
      const width = Math.ceil(wanted / mostPoints)
      const points = Math.floor(wanted / width)
      const end = Math.floor(placeOf(now) / width) * width
      const begins = Array.from({ length: points }, (_, i) => end - (points - i) * width)
      const counts = begins.map((begin) => {
        const from = begin * intervalTime * 1000
        if (from < knownSince) return undefined
        const parts = Array.from({ length: width }, (_, i) => intervals.get(begin + i))
        const there = parts.filter((part) => part !== undefined)
        if (there.length === 0 && isCut(gaps(), from, from + width * intervalTime * 1000)) return undefined
        return together(there)
      })
      const times = begins.map((begin) => begin * intervalTime)
      return seriesView(name, times, counts, width * intervalTime)
    }
  }
}

/** The figures of these intervals of `step` seconds; undefined for one of which nothing is known. */
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

/** The interval that a time (milliseconds since 1970) falls into. */
const placeOf = (time: number): number => Math.floor(time / 1000 / intervalTime)

type Points = ReadonlyArray<Interval | undefined>
type Lines = SeriesView["lines"]

const rateLines = (name: Exclude<SeriesName, "klag">, points: Points, seconds: number): Lines => {
  const rate = (count: number): number => Math.round((count / seconds) * 100) / 100
  if (name === "all")
    return [{ name, values: points.map((point) => (point === undefined ? null : rate(point.all))) }]
  const shown = largestOf(
    points.flatMap((point) => (point === undefined ? [] : [point[name]])),
    largest
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

/** The names with the largest counts, largest first; what was not counted by itself is none of them. */
const largestOf = (all: ReadonlyArray<Counts>, most: number): ReadonlyArray<string> => {
  const sums: Counts = new Map()
  for (const counts of all) for (const [key, by] of counts) sums.set(key, (sums.get(key) ?? 0) + by)
  sums.delete(otherName)
  return [...sums]
    .toSorted(([one, a], [other, b]) => b - a || (one < other ? -1 : 1))
    .slice(0, most)
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
