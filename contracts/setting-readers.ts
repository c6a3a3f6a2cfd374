/**
 * How the value of a setting is read: what people write (`10s`, `64KiB`, `INFO`, `TRUE`) is understood, anything else is
 * answered with a sentence that has an example. Every setting that is no plain text is read by one of these.
 */
import { Config, Duration, type LogLevel, Result, Schema } from "effect"
import { bytesOf, type DurationUnit, durationOf } from "./quantity.ts"

/** How the variable of that name is read; `form` says for people what it may hold. */
export interface Reader<A> {
  (name: string): Config.Config<A>
  readonly form?: string
}

/** The forms in a sentence, for `--help`. */
export const formsSentence =
  "Durations read 500ms, 10s, 5m, 2h, 7d or 1h 30m; sizes 65536, 64KiB or 1MB; words in upper or lower case."

/** A reader of what `parse` understands; it fails with a sentence about what it does not. */
const reader = <A>(form: string, parse: (text: string) => Result.Result<A, string>): Reader<A> => {
  const understood = Schema.String.check(
    Schema.makeFilter((text: string) =>
      Result.match(parse(text), { onFailure: (no) => no, onSuccess: () => undefined })
    )
  )
  return Object.assign(
    (name: string) =>
      Config.schema(understood, name).pipe(Config.map((text) => Result.getOrThrow(parse(text)))),
    { form }
  )
}

/** The value as the sentence about it quotes it: short, and without a character that a terminal would obey. */
const quoted = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)

const listed = (words: ReadonlyArray<string>): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`

/** Reads a whole number of at least `least`: `5000`, `10_000_000`, `1e6`. */
export const count = (least = 1, most = Number.MAX_SAFE_INTEGER, example = "1000"): Reader<number> => {
  const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `${least} to ${most}`
  return reader(`whole number, ${range}`, (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text.trim().replaceAll(/(?<=\d)_(?=\d)/g, ""))
    return Number.isSafeInteger(value) && value >= least && value <= most
      ? Result.succeed(value)
      : Result.fail(`${quoted(text)} is not a whole number, ${range}. Write for example ${example}.`)
  })
}

/** Reads a TCP port to listen on; 0 takes a free one. */
export const port: Reader<number> = Object.assign(count(0, 65_535, "8080"), { form: "port, 0 to 65535" })

/** Longer ones no timer of the runtimes can hold. */
const longestTimer = Duration.toMillis("24 days")

/**
 * Reads a duration; a bare number counts `bare`. `least` and `most` are milliseconds: by default from 0 to 24 days;
 * `Infinity` is taken where `most` is.
 */
export const duration = (bare: DurationUnit, least = 0, most = longestTimer): Reader<Duration.Duration> => {
  const example = `Write for example 10s, 500ms or 5m; a bare number is ${bare}.`
  return reader(`duration; a bare number is ${bare}`, (text) => {
    const millis = durationOf(text, bare)
    if (millis === undefined) return Result.fail(`${quoted(text)} is not a duration. ${example}`)
    if (millis < least) return Result.fail(`${quoted(text)} is too short. ${example}`)
    if (millis > most)
      return Result.fail(`${quoted(text)} is longer than ${most / 86_400_000} days. ${example}`)
    return Result.succeed(millis === Number.POSITIVE_INFINITY ? Duration.infinity : Duration.millis(millis))
  })
}

/** Reads a size in bytes, of at least `least`. */
export const size = (least = 1): Reader<number> =>
  reader("size; a bare number is bytes", (text) => {
    const bytes = bytesOf(text)
    const example = "Write for example 65536, 64KiB or 1MB; a bare number is bytes."
    if (bytes === undefined || !Number.isSafeInteger(bytes))
      return Result.fail(`${quoted(text)} is not a size. ${example}`)
    return bytes < least ? Result.fail(`${quoted(text)} is too small. ${example}`) : Result.succeed(bytes)
  })

/** Reads one of a few words, in upper or lower case; `others` are further spellings of them, in lower case. */
export const choice = <const Word extends string>(
  words: ReadonlyArray<Word>,
  others: Readonly<Record<string, Word>> = {}
): Reader<Word> => {
  const meant = new Map<string, Word>(Object.entries(others))
  for (const word of words) meant.set(word.toLowerCase(), word)
  return reader(listed(words), (text) => {
    const word = meant.get(text.trim().toLowerCase())
    return word === undefined
      ? Result.fail(`${quoted(text)} is unknown here. Write ${listed(words)}.`)
      : Result.succeed(word)
  })
}

const meansTrue = ["true", "yes", "on", "1", "y"]
const meansFalse = ["false", "no", "off", "0", "n"]

/** Reads true or false, by the words that people have for them. */
export const flag: Reader<boolean> = reader("true or false", (text) => {
  const word = text.trim().toLowerCase()
  if (meansTrue.includes(word)) return Result.succeed(true)
  if (meansFalse.includes(word)) return Result.succeed(false)
  return Result.fail(`${quoted(text)} is neither true nor false. Write true or false.`)
})

/** Reads the least level that is logged, as other programs spell it too. */
export const level: Reader<LogLevel.LogLevel> = Object.assign(
  choice(["Trace", "Debug", "Info", "Warn", "Error", "Fatal", "All", "None"], {
    warning: "Warn",
    err: "Error",
    critical: "Fatal",
    off: "None"
  }),
  { form: "Trace, Debug, Info, Warn, Error or Fatal, in any case" }
)
