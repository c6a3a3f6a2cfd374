/** The series a chart shows, and its values and times as text. Pure. */
import type { SeriesView } from "../../inspect/events/messages.ts"
import { isRest } from "./chart-legend.ts"
import { rate, span } from "./format.ts"
import { timeFormat } from "./time-zone.ts"

/** A series, of a time range or up to now. */
export interface ChartView extends SeriesView {
  readonly isRange: boolean
}

export type Line = ChartView["lines"][number]

/** Times of a longer series need a date, seconds. */
const daySeconds = 86_400

export const isLong = ({ times }: ChartView): boolean => (times.at(-1) ?? 0) - (times[0] ?? 0) > daySeconds

/** Counts are stacked areas, measurements are lines. */
export const isStacked = ({ unit }: ChartView): boolean => unit !== "ms"

export const isEmpty = ({ lines }: ChartView): boolean =>
  lines.every(({ values }) => values.every((value) => value === null))

/** Whether some interval has not been read yet. */
export const isUnknown = ({ known, times }: ChartView): boolean => known < Math.max(1, times.length)

export const valueText = (unit: string, value: number | null | undefined): string => {
  if (value === null || value === undefined) return "–"
  return unit === "ms" ? span(value) : rate(value)
}

const clock = timeFormat({ timeStyle: "medium" })
const dateClock = timeFormat({ dateStyle: "medium", timeStyle: "short" })

/** The time of an interval. */
export const timeText = (view: ChartView, index: number): string =>
  (isLong(view) ? dateClock : clock).format((view.times[index] ?? 0) * 1000)

/** The last interval with a value of any line. */
export const lastKnown = ({ times, lines }: ChartView): number => {
  const last = times.length - 1
  return lines.some(({ values }) => values[last] !== null) ? last : last - 1
}

/** Shown lines keep their order even if another one becomes larger; the rest is last. */
export const inOrder = (lines: ReadonlyArray<Line>, names: ReadonlyArray<string>): ReadonlyArray<Line> => {
  const orderOf = ({ name }: Line): number => (names.includes(name) ? names.indexOf(name) : names.length)
  return lines.toSorted((a, b) => Number(isRest(a.name)) - Number(isRest(b.name)) || orderOf(a) - orderOf(b))
}
