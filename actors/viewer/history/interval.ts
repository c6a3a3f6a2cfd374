/** What happened in one short interval, in counts; and several of them as one. */
import type { LogRecord } from "../../../bridge/event-log/service.ts"
import { byteStringOf } from "../../../contracts/byte-string.ts"
import { metaValue, splitRecord } from "../../../contracts/wire/record.ts"
import { timingIncrements } from "../../inspect/counters/timings.ts"
import { deviceTypeOf, typeOf } from "../../inspect/events/event-view.ts"

export type Counts = Map<string, number>

export interface Interval {
  all: number
  readonly types: Counts
  readonly countries: Counts
  readonly devices: Counts
  /** Of klag, in buckets; see actors/inspect/counters/timings.ts. */
  readonly klag: Counts
}

/** Of names, so many are counted each by itself; they come from anyone. What comes later counts as `(other)`. */
const mostNames = 100
const longestName = 100
export const otherName = "(other)"
/** Of records that cannot be taken apart, and of events that do not say it. */
const unreadableName = "(unreadable)"
const unknownName = "(unknown)"

export const emptyInterval = (): Interval => ({
  all: 0,
  types: new Map(),
  countries: new Map(),
  devices: new Map(),
  klag: new Map()
})

/** Counts one record, readable or not. A klag that no event can have is counted, and in no percentile. */
export const addTo = (interval: Interval, record: LogRecord): void => {
  const value = byteStringOf(record.value)
  interval.all += 1
  const split = splitRecord(value)
  count(interval.types, split === undefined ? unreadableName : typeOf(value))
  // All of its values would be many, of each record that comes.
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
  const key = name.slice(0, longestName)
  add(counts, counts.size < mostNames || counts.has(key) ? key : otherName, 1)
}

const add = (counts: Counts, key: string, by: number): void =>
  void counts.set(key, (counts.get(key) ?? 0) + by)

/** The counts of several intervals. */
export const together = (intervals: ReadonlyArray<Interval>): Interval => {
  const whole = emptyInterval()
  for (const interval of intervals) {
    whole.all += interval.all
    for (const part of ["types", "countries", "devices", "klag"] as const) {
      for (const [key, by] of interval[part]) add(whole[part], key, by)
    }
  }
  return whole
}
