/** Parses times of web server logs to milliseconds since 1970. */

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

/** `21/Nov/2026:01:10:43 +0000`, also with a fraction of the second. */
const logged =
  /^(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))? ([+-]\d{2})(\d{2})$/

/** `2026-11-21T01:10:43+00:00`, also with a fraction, with `Z`, and with the offset as `+0000`. */
const iso = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?(?:Z|([+-]\d{2}):?(\d{2}))$/

/** The time; undefined for an invalid one. A time without an offset from UTC is invalid, because it is ambiguous. */
export const timeOf = (text: string): number | undefined => {
  const [, day, name = "", year, ...rest] = logged.exec(text) ?? []
  if (year !== undefined) return moment(year, months.indexOf(name) + 1, day, rest)
  const [, isoYear, month, isoDay, ...isoRest] = iso.exec(text) ?? []
  return isoYear === undefined ? undefined : moment(isoYear, Number(month), isoDay, isoRest)
}

/** Seconds since 1970, as nginx writes `$msec`, or milliseconds for numbers that would be far in the future as seconds. */
export const timeOfNumber = (number: number): number | undefined => {
  const milliseconds = Math.round(number < 100_000_000_000 ? number * 1000 : number)
  return number > 0 && milliseconds <= 8_640_000_000_000_000 ? milliseconds : undefined
}

const moment = (
  year: string,
  month: number,
  day: string | undefined,
  [hour, minute, second, fraction = "", ahead = "+00", aheadMinutes = "0"]: ReadonlyArray<string | undefined>
): number | undefined => {
  const midnight = Date.UTC(Number(year), month - 1, Number(day))
  const isDay = month > 0 && month < 13 && new Date(midnight).getUTCDate() === Number(day)
  // A minute may have a leap second.
  if (!isDay || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined
  const utc = midnight + ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000
  const offset = (Math.abs(Number(ahead)) * 60 + Number(aheadMinutes)) * 60_000
  return (ahead.startsWith("-") ? utc + offset : utc - offset) + Number(fraction.slice(0, 3).padEnd(3, "0"))
}
