/** Numbers, time spans and errors as people read them. */

const numbers = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 })

/** A number with group separators and at most one decimal. */
export const number = (value: number): string => numbers.format(value)

/** Formats a value; a dash when it is unknown (null or absent). */
export const known = <Value>(value: Value | null | undefined, format: (value: Value) => string): string =>
  value === undefined || value === null ? "–" : format(value)

const small = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
const large = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 })
const huge = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 })

/** Events per second in few digits that do not jump: 0, 0.4, 7.2, 1,234, 1.2M. */
export const rate = (value: number): string => {
  if (value < 0.05) return "0"
  if (value < 9.95) return small.format(value)
  return value < 999_999.5 ? large.format(value) : huge.format(value)
}

/** A time span in its largest unit: 12 ms, 3.4 s, 5 min, 2 h, 3 d. Takes milliseconds. */
export const span = (milliseconds: number): string => {
  const size = Math.abs(milliseconds)
  if (size < 999.5) return `${large.format(milliseconds)} ms`
  const seconds = milliseconds / 1000
  if (size < 9950) return `${small.format(seconds)} s`
  if (size < 99_500) return `${large.format(seconds)} s`
  if (size < 90 * 60_000) return `${large.format(seconds / 60)} min`
  return size < 48 * 3_600_000 ? `${large.format(seconds / 3600)} h` : `${large.format(seconds / 86_400)} d`
}

/** "1 dead letter", "1,200 dead letters". */
export const deadLetterCount = (count: number): string =>
  `${number(count)} dead ${count === 1 ? "letter" : "letters"}`

/** The message of whatever was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
