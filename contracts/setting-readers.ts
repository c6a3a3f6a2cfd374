/**
 * Parsers of setting values: usual spellings (`10s`, `64KiB`, `INFO`, `TRUE`) are accepted, anything else is an error
 * with an example. Every setting that is not plain text uses one of them.
 */
import { Config, Duration, type LogLevel, Result, Schema } from "effect"
import { bytesOf, type DurationUnit, durationOf } from "./quantity.ts"

/** Reads the variable of that name; `form` describes its values for people. */
export interface Reader<A> {
  (name: string): Config.Config<A>
  readonly form?: string
}

/** A summary of the forms, for `--help`. */
export const formsSentence =
  "Durations read 500ms, 10s, 5m, 2h, 7d or 1h 30m; sizes 65536, 64KiB or 1MB; words in upper or lower case."

/** A reader of what `parse` accepts; it fails with the sentence of `parse`. */
const reader = <A>(form: string, parse: (text: string) => Result.Result<A, string>): Reader<A> => {
  const accepted = Schema.String.check(
    Schema.makeFilter((text: string) =>
      Result.match(parse(text), { onFailure: (problem) => problem, onSuccess: () => undefined })
    )
  )
  return Object.assign(
    (name: string) =>
      Config.schema(accepted, name).pipe(Config.map((text) => Result.getOrThrow(parse(text)))),
    { form }
  )
}

/** The value for an error message: short, and without control characters. */
const quoted = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)

const listed = (words: ReadonlyArray<string>): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`

/** Reads a whole number from `min` to `max`: `5000`, `10_000_000`, `1e6`. */
export const count = (min = 1, max = Number.MAX_SAFE_INTEGER, example = "1000"): Reader<number> => {
  const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `${min} to ${max}`
  return reader(`whole number, ${range}`, (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text.trim().replaceAll(/(?<=\d)_(?=\d)/g, ""))
    return Number.isSafeInteger(value) && value >= min && value <= max
      ? Result.succeed(value)
      : Result.fail(`${quoted(text)} is not a whole number, ${range}. Write for example ${example}.`)
  })
}

/** Reads a TCP port to listen on; 0 stands for a free one. */
export const port: Reader<number> = Object.assign(count(0, 65_535, "8080"), { form: "port, 0 to 65535" })

/** The limit of timers in the runtimes. */
const maxTimerMs = Duration.toMillis("24 days")

/**
 * Reads a duration; the unit of a bare number is `bare`. `minMs` and `maxMs` are 0 and 24 days by default; `Infinity` is
 * accepted when `maxMs` is infinite.
 */
export const duration = (bare: DurationUnit, minMs = 0, maxMs = maxTimerMs): Reader<Duration.Duration> => {
  const example = `Write for example 10s, 500ms or 5m; a bare number is ${bare}.`
  return reader(`duration; a bare number is ${bare}`, (text) => {
    const millis = durationOf(text, bare)
    if (millis === undefined) return Result.fail(`${quoted(text)} is not a duration. ${example}`)
    if (millis < minMs) return Result.fail(`${quoted(text)} is below the minimum of ${minMs} ms. ${example}`)
    if (millis > maxMs)
      return Result.fail(`${quoted(text)} is longer than ${maxMs / 86_400_000} days. ${example}`)
    return Result.succeed(millis === Number.POSITIVE_INFINITY ? Duration.infinity : Duration.millis(millis))
  })
}

/** Reads a size of at least `minBytes`. */
export const size = (minBytes = 1): Reader<number> =>
  reader("size; a bare number is bytes", (text) => {
    const bytes = bytesOf(text)
    const example = "Write for example 65536, 64KiB or 1MB; a bare number is bytes."
    if (bytes === undefined || !Number.isSafeInteger(bytes))
      return Result.fail(`${quoted(text)} is not a size. ${example}`)
    return bytes < minBytes
      ? Result.fail(`${quoted(text)} is below the minimum of ${minBytes} bytes. ${example}`)
      : Result.succeed(bytes)
  })

/** Reads one of the words, in upper or lower case; `others` are further spellings, in lower case. */
export const choice = <const Word extends string>(
  words: ReadonlyArray<Word>,
  others: Readonly<Record<string, Word>> = {}
): Reader<Word> => {
  const meant = new Map<string, Word>(Object.entries(others))
  for (const word of words) meant.set(word.toLowerCase(), word)
  return reader(listed(words), (text) => {
    const word = meant.get(text.trim().toLowerCase())
    return word === undefined
      ? Result.fail(`${quoted(text)} is not a valid value. Write ${listed(words)}.`)
      : Result.succeed(word)
  })
}

const meansTrue = ["true", "yes", "on", "1", "y"]
const meansFalse = ["false", "no", "off", "0", "n"]

/** Reads true or false, or a usual synonym. */
export const flag: Reader<boolean> = reader("true or false", (text) => {
  const word = text.trim().toLowerCase()
  if (meansTrue.includes(word)) return Result.succeed(true)
  if (meansFalse.includes(word)) return Result.succeed(false)
  return Result.fail(`${quoted(text)} is neither true nor false. Write true or false.`)
})

/** Reads the minimum level of the log, with the spellings of other programs. */
export const level: Reader<LogLevel.LogLevel> = Object.assign(
  choice(["Trace", "Debug", "Info", "Warn", "Error", "Fatal", "All", "None"], {
    warning: "Warn",
    err: "Error",
    critical: "Fatal",
    off: "None"
  }),
  { form: "Trace, Debug, Info, Warn, Error or Fatal, in any case" }
)
