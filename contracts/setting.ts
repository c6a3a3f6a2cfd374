/**
 * A setting from the environment, declared once: its name, its sentence, its default and how it is read.
 * `--help` and the README's table are made from the same declaration that the code reads.
 * Each can also be read from a file: `NAME_FILE` names one that holds the value (for mounted secrets).
 */
import { Config, Effect, type Redacted } from "effect"
import type { Reader } from "./setting-readers.ts"

export interface Setting<A> {
  readonly name: string
  readonly sentence: string
  /** As a person would write it in the environment; empty means that it need not be set. */
  readonly standard: string
  readonly secret: boolean
  /** Which forms its value has, like `whole number, 1 or more`; undefined for a text that the sentence explains. */
  readonly form?: string | undefined
  /** Reads it. Fails with `ConfigError`, which the start turns into one sentence and exit code 78. */
  readonly config: Config.Config<A>
}

/** A setting with a default: `standard` is what `--help` shows, `fallback` what the code gets. */
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

/** A setting that may be absent; the code gets undefined then. */
export const optional = <A>(name: string, read: Reader<A>, sentence: string): Setting<A | undefined> => ({
  name,
  sentence,
  standard: "",
  secret: false,
  form: read.form,
  config: read(name).pipe(Config.withDefault(undefined))
})

/** A setting that may be absent and is never printed. */
export const secret = (name: string, sentence: string): Setting<Redacted.Redacted<string> | undefined> => ({
  name,
  sentence,
  standard: "",
  secret: true,
  config: Config.Redacted(name).pipe(Config.withDefault(undefined))
})

/** The values of several settings at once, under the names given here. */
export const readAll = <const S extends Record<string, Setting<unknown>>>(
  settings: S
): Effect.Effect<
  { readonly [K in keyof S]: S[K] extends Setting<infer A> ? A : never },
  Config.ConfigError
> => Effect.all(Object.fromEntries(Object.entries(settings).map(([key, one]) => [key, one.config]))) as never
