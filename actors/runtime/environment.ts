/**
 * Settings from the environment, and for each variable `NAME_FILE` from the file it names (mounted secrets). An empty
 * variable counts as not set. Read at the start of the process, and again where a setting is reloaded (reload.ts).
 */
import { readFileSync } from "node:fs"
import { ConfigProvider, Effect, Layer } from "effect"
import { Failure } from "../../contracts/failure.ts"

/** The values of the settings, and a sentence for each file that cannot be read. */
export interface Variables {
  readonly values: Record<string, string>
  readonly problems: ReadonlyArray<string>
}

type Given = Readonly<Record<string, string | undefined>>

/** The path in `NAME_FILE` where the value of that setting comes from a file; undefined where it does not. */
export const fileOf = (variables: Given, name: string): string | undefined =>
  (variables[name] ?? "") === "" ? variables[`${name}_FILE`] || undefined : undefined

/** The variables, with the contents of the named files added for the settings of these names, without trailing line ends. */
export const readVariables = (variables: Given, names: Iterable<string>): Variables => {
  const values: Record<string, string> = {}
  const problems: Array<string> = []
  for (const [name, value] of Object.entries(variables)) {
    if (value !== undefined && value !== "") values[name] = value
  }
  for (const name of new Set(names)) {
    const file = fileOf(variables, name)
    if (file === undefined) continue
    try {
      values[name] = readFileSync(file, "utf8").trimEnd()
    } catch {
      problems.push(`${name}_FILE names "${file}", which cannot be read`)
    }
  }
  return { values, problems }
}

/** The values alone. Throws `Failure` "misconfigured" with the name of the first file that cannot be read. */
export const withFiles = (variables: Given, names: Iterable<string>): Record<string, string> => {
  const { values, problems } = readVariables(variables, names)
  const [message] = problems
  if (message !== undefined) throw new Failure({ reason: "misconfigured", message })
  return values
}

/** Settings of these names from this process's environment. */
export const environmentLayer = (names: Iterable<string>) =>
  Layer.unwrap(
    Effect.try({
      try: () => ConfigProvider.layer(ConfigProvider.fromEnv({ env: withFiles(process.env, names) })),
      catch: (cause) => cause as Failure
    })
  )
