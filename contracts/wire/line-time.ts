/**
 * What the time of a line can be, told by when its event was seen: trackers write seconds where milliseconds belong, and
 * the other way round. Such a time is stored as it came; durations that are measured from it mean nothing.
 */
import type { Dialect } from "../event.ts"

/** 366 days in milliseconds. */
const year = 31_622_400_000

/** Can an event have taken that long, in milliseconds? Below zero where clocks differ; a year or more is a wrong clock. */
export const isPlausibleDuration = (milliseconds: number): boolean => Math.abs(milliseconds) <= year

/**
 * Is a line's time in the unit of the other dialect? `ts` as the line has it: milliseconds (pushtech) or seconds
 * (adtekio) since 1970. `seen`: when its event was seen, milliseconds since 1970.
 */
export const isOtherUnit = (ts: number, dialect: Dialect, seen: number): boolean => {
  const [own, other] = dialect === "adtekio" ? [ts * 1000, ts] : [ts, ts * 1000]
  return !isPlausibleDuration(seen - own) && isPlausibleDuration(seen - other)
}
