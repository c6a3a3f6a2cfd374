/** Kinds of flags that several commands share. */
import { Option } from "effect"
import { CliError, Flag } from "effect/cli"

/**
 * A flag without a value, false unless it is given. It never takes the next word: in `--report 1` the 1 is an
 * argument, although `effect/cli` would read it as true.
 */
export const switchFlag = (name: string, description: string): Flag.Flag<boolean> =>
  Flag.Boolean(name).pipe(
    Flag.withOptionalValue("true"),
    Flag.withoutNegation,
    Flag.withDefault(false),
    Flag.withDescription(description)
  )

/** A flag whose value is a text; undefined unless it is given. `form` is the value's placeholder in the help, like `<topic>`. */
export const textFlag = (name: string, form: string, description: string): Flag.Flag<string | undefined> =>
  Flag.String(name).pipe(
    Flag.withMetavar(form),
    Flag.withDescription(description),
    Flag.withDefault(undefined)
  )

const maxCount = 999_999_999

/** A flag whose value is a whole number from `min` (1) to `max`. Give it a default, or make it optional. */
export const countFlag = (
  name: string,
  description: string,
  { min = 1, max = maxCount }: { readonly min?: number; readonly max?: number } = {}
): Flag.Flag<number> =>
  Flag.String(name).pipe(
    Flag.withMetavar("<number>"),
    Flag.withDescription(description),
    Flag.filterMap(
      (text) => {
        const count = Number(text)
        return /^\d+$/.test(text) && count >= min && count <= max ? Option.some(count) : Option.none()
      },
      () => (max === maxCount ? `a whole number, ${min} or more` : `a whole number from ${min} to ${max}`)
    )
  )

/** A flag whose value is a number above 0. */
export const positiveFlag = (name: string, description: string): Flag.Flag<number> =>
  Flag.String(name).pipe(
    Flag.withMetavar("<number>"),
    Flag.withDescription(description),
    Flag.filterMap(
      (text) => {
        const number = Number(text)
        return number > 0 && Number.isFinite(number) ? Option.some(number) : Option.none()
      },
      () => "a number above 0"
    )
  )

/** The error of a command line with conflicting or missing parts; `message` says what is wrong and what to write. */
export const misuse = (message: string): CliError.ValidationError => new CliError.ValidationError({ message })
