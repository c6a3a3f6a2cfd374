/** When a delivery is tried again: exponential backoff with full jitter, and what `Retry-After` asks for. Pure. */

/** The longest delay after the first attempt, its factor for each further one, and the longest of all; ms. */
const firstDelayMs = 5_000
const factor = 3
const maxDelayMs = 3_600_000

/** The longest delay after that attempt, from 1, ms. */
export const maxDelayAfter = (attempt: number): number =>
  Math.min(maxDelayMs, firstDelayMs * factor ** Math.min(Math.max(attempt, 1) - 1, 20))

/**
 * When the next attempt is due, ms since 1970. `retryAfter` is the least; `random` is at least 0 and below 1.
 *
 * @example
 * nextAttempt(1, Date.now(), undefined, Math.random())
 */
export const nextAttempt = (
  attempt: number,
  now: number,
  retryAfter: number | undefined,
  random: number
): number => Math.max(now + Math.round(random * maxDelayAfter(attempt)), retryAfter ?? 0)

/** The time that a header `Retry-After` names, ms since 1970: seconds from now, or a date; undefined for anything else. */
export const readRetryAfter = (header: string | undefined, now: number): number | undefined => {
  const text = header?.trim() ?? ""
  if (/^\d{1,9}$/.test(text)) return now + Number(text) * 1_000
  // A date of HTTP begins with the name of a day; Date.parse accepts much more.
  const date = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : date
}
