/**
 * A setting from the environment, declared once: name, description, default and parser. `--help` and the table in
 * deploy/README.md are generated from the declarations. Each setting can also be read from a file: `NAME_FILE` is the
 * path of a file with the value (for mounted secrets).
 */
import { Config, Effect, type Redacted } from "effect"
import type { Reader } from "./setting-readers.ts"

/** A declared setting: `setting`, `optional` and `secret` make one. */
export interface Setting<A> {
  readonly name: string
  readonly sentence: string
  /** The default as written in the environment; empty for an optional setting. */
  readonly standard: string
  readonly secret: boolean
  /** The form of its values, like `whole number, 1 or more`; undefined for plain text. */
  readonly form?: string | undefined
  /** Reads the value. Fails with `ConfigError`, which ends a start with one sentence and exit code 78. */
  readonly config: Config.Config<A>
}

/**
 * A setting with a default: `fallback` for the code, `standard` for `--help`.
 *
 * @example
 * export const queueKey = setting("QUEUE_KEY", Config.String, "click_queue", "The list that trackers push to.")
 */
export const setting = <A>(
  name: string,
  read: Reader<A>,
  fallback: NoInfer<A>,
  sentence: string,
  standard = String(fallback)
): Setting<A> => ({
  name,
  sentence,
  standard,
  secret: false,
  form: read.form,
  config: read(name).pipe(Config.withDefault(fallback))
})

/** An optional setting: undefined when it is not set. */
export const optional = <A>(name: string, read: Reader<A>, sentence: string): Setting<A | undefined> => ({
  name,
  sentence,
  standard: "",
  secret: false,
  form: read.form,
  config: read(name).pipe(Config.withDefault(undefined))
})

/** An optional setting whose value is never printed. */
export const secret = (name: string, sentence: string): Setting<Redacted.Redacted<string> | undefined> => ({
  name,
  sentence,
  standard: "",
  secret: true,
  config: Config.Redacted(name).pipe(Config.withDefault(undefined))
})

/**
 * A family of variables with the same beginning, whose names the users choose: `name` ends with `*`. Its values are not read
 * by `config`, but by those that know the names.
 */
export const family = (name: `${string}_*`, sentence: string, isSecret = false): Setting<undefined> => ({
  name,
  sentence,
  standard: "",
  secret: isSecret,
  config: Config.succeed(undefined)
})

/** The values of several settings, by the given names. */
export const readAll = <const S extends Record<string, Setting<unknown>>>(
  settings: S
): Effect.Effect<
  { readonly [K in keyof S]: S[K] extends Setting<infer A> ? A : never },
  Config.ConfigError
> => Effect.all(Object.fromEntries(Object.entries(settings).map(([key, one]) => [key, one.config]))) as never

/** What is wrong with a setting, in one sentence that names it. A schema error reads `Expected … at ["NAME"]`. */
export const settingProblem = (error: Config.ConfigError): string => {
  const line = error.cause.message.replaceAll(/\s*\n\s*/g, " ")
  const [, expected = line, name] = /^(.*) at \["(\w+)"\]$/.exec(line) ?? []
  return name === undefined ? expected : `${name}: ${expected.charAt(0).toLowerCase()}${expected.slice(1)}`
}
