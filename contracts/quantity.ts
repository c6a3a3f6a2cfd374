/** Parsers of durations and sizes in settings: `500ms`, `10s`, `1h 30m`, `64KiB`, `1MB`. */

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** Milliseconds of each unit by its names, in lower case. */
const durationUnits: Readonly<Record<string, number>> = Object.fromEntries(
  (
    [
      [1e-6, "ns", "nano", "nanos", "nanosecond", "nanoseconds"],
      [1e-3, "us", "µs", "μs", "micro", "micros", "microsecond", "microseconds"],
      [1, "ms", "milli", "millis", "millisecond", "milliseconds"],
      [second, "s", "sec", "secs", "second", "seconds"],
      [minute, "m", "min", "mins", "minute", "minutes"],
      [hour, "h", "hr", "hrs", "hour", "hours"],
      [day, "d", "day", "days"],
      [7 * day, "w", "week", "weeks"]
    ] as const
  ).flatMap(([length, ...names]) => names.map((name) => [name, length]))
)

/** The unit of a number that is written without one. */
export type DurationUnit = "milliseconds" | "seconds" | "minutes" | "hours" | "days"

const number = String.raw`(\d[\d_]*(?:\.\d+)?)`
const bareNumber = new RegExp(`^${number}$`)
const durationPart = new RegExp(`${number}\\s*([a-zµμ]+)`, "g")
const wholeDuration = new RegExp(`^(?:${number}\\s*[a-zµμ]+[\\s,]*)+$`)
const size = new RegExp(`^${number}\\s*([a-z]+)$`)

const numberOf = (written: string): number => Number(written.replaceAll("_", ""))

/**
 * Milliseconds of `500ms`, `10s`, `1.5 hours`, `1h 30m` or `Infinity`, in any case; the unit of a bare number is `bare`.
 * Undefined for anything else, negative durations included.
 */
export const durationOf = (text: string, bare: DurationUnit): number | undefined => {
  const written = text.trim().toLowerCase()
  if (written === "infinity") return Number.POSITIVE_INFINITY
  if (bareNumber.test(written)) return numberOf(written) * (durationUnits[bare] ?? Number.NaN)
  if (!wholeDuration.test(written)) return undefined
  let total = 0
  for (const [, amount = "", unit = ""] of written.matchAll(durationPart)) {
    const length = durationUnits[unit]
    if (length === undefined) return undefined
    total += numberOf(amount) * length
  }
  return total
}

/** True for a text with a unit, false for a bare number. */
export const hasUnit = (text: string): boolean => /[a-zµμ]\s*$/i.test(text)

/** Bytes of each unit, in lower case. `k` or `m` alone is ambiguous: 1,000 in some programs, 1,024 in others. */
const sizeUnits: Readonly<Record<string, number>> = Object.fromEntries(
  ["k", "m", "g", "t"].flatMap((letter, power) => [
    [`${letter}b`, 1000 ** (power + 1)],
    [`${letter}ib`, 1024 ** (power + 1)],
    [`${letter}i`, 1024 ** (power + 1)]
  ])
)

/**
 * Bytes of `1048576`, `64KiB` (65,536), `64Ki` or `1MB` (1,000,000), in any case, rounded down. Undefined for anything
 * else.
 */
export const bytesOf = (text: string): number | undefined => {
  const written = text.trim().toLowerCase()
  if (bareNumber.test(written)) return Math.floor(numberOf(written))
  const [, amount = "", unit = ""] = size.exec(written) ?? []
  const bytes = unit === "b" || unit === "byte" || unit === "bytes" ? 1 : sizeUnits[unit]
  return bytes === undefined ? undefined : Math.floor(numberOf(amount) * bytes)
}
