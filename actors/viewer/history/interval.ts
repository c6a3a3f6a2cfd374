/** Counts of the events in one short interval of time, and their merge over several intervals. */
import type { LogRecord } from "../../../bridge/event-log/service.ts"
import { metaValue } from "../../../contracts/wire/record.ts"
import { timingIncrements } from "../../inspect/counters/timings.ts"
import { deviceTypeOf, typeOf } from "../../inspect/events/event-view.ts"
import { decodedRecord } from "../decoded-record.ts"

export type Counts = Map<string, number>

export interface Interval {
  all: number
  readonly types: Counts
  readonly countries: Counts
  readonly devices: Counts
  /** Histogram of klag; its buckets are those of actors/inspect/counters/timings.ts. */
  readonly klag: Counts
}

/** Limits of the names counted separately, since clients choose them; further names are counted as `(other)`. */
const maxNames = 100
const maxNameChars = 100
export const otherName = "(other)"
/** For records that cannot be parsed, and for events without that field. */
const unreadableName = "(unreadable)"
const unknownName = "(unknown)"

export const emptyInterval = (): Interval => ({
  all: 0,
  types: new Map(),
  countries: new Map(),
  devices: new Map(),
  klag: new Map()
})

/** Counts one record, valid or not. An implausible klag is counted, but in no percentile. */
export const addRecord = (interval: Interval, record: LogRecord): void => {
  const { text, split } = decodedRecord(record)
  interval.all += 1
  count(interval.types, split === undefined ? unreadableName : typeOf(text))
  // Looks up single values: decoding the whole meta part of each record would cost too much.
  const meta = {
    get: (name: string): string | undefined =>
      split === undefined ? undefined : metaValue(split.meta, name) || undefined
  }
  count(interval.countries, meta.get("country") || unknownName)
  count(interval.devices, deviceTypeOf(meta) || unknownName)
  const klag = meta.get("klag") ?? ""
  if (!/^-?\d{1,16}$/.test(klag)) return
  const milliseconds = Number(klag) * (split?.dialect === "adtekio" ? 1000 : 1)
  for (const { key, by } of timingIncrements("klag", milliseconds)) add(interval.klag, key, by)
}

const count = (counts: Counts, name: string): void => {
  const key = name.slice(0, maxNameChars)
  add(counts, counts.size < maxNames || counts.has(key) ? key : otherName, 1)
}

const add = (counts: Counts, key: string, by: number): void =>
  void counts.set(key, (counts.get(key) ?? 0) + by)

/** The sums of several intervals. */
export const merged = (intervals: ReadonlyArray<Interval>): Interval => {
  const sum = emptyInterval()
  for (const interval of intervals) {
    sum.all += interval.all
    for (const part of ["types", "countries", "devices", "klag"] as const) {
      for (const [key, by] of interval[part]) add(sum[part], key, by)
    }
  }
  return sum
}
