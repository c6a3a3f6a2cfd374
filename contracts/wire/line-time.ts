/**
 * Checks the time of a line against the time at which the event was seen: some trackers write seconds instead of
 * milliseconds, or the reverse. Such a time is stored unchanged, but durations measured from it are meaningless.
 */
import type { Dialect } from "../event.ts"

/** 366 days in milliseconds. */
const year = 31_622_400_000

/** True for a plausible duration, milliseconds: negative where clocks differ, below a year. */
export const isPlausibleDuration = (milliseconds: number): boolean => Math.abs(milliseconds) <= year

/**
 * True when a line's time is in the unit of the other dialect. `ts`: as in the line, milliseconds (pushtech) or seconds
 * (adtekio) since 1970. `seen`: when the event was seen, milliseconds since 1970.
 */
export const isOtherUnit = (ts: number, dialect: Dialect, seen: number): boolean => {
  const [own, other] = dialect === "adtekio" ? [ts * 1000, ts] : [ts, ts * 1000]
  return !isPlausibleDuration(seen - own) && isPlausibleDuration(seen - other)
}
