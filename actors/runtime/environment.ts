/**
 * Settings from the environment, and for each variable `NAME_FILE` from the file it names (mounted secrets). An empty
 * variable counts as not set. Read once, at the start of the process.
 */
import { readFileSync } from "node:fs"
import { ConfigProvider, Effect, Layer } from "effect"
import { Failure } from "../../contracts/failure.ts"

/**
 * The variables, with the contents of the named files added for the settings of these names, without trailing line ends.
 * Throws `Failure` "misconfigured" with the name of a file that cannot be read.
 */
export const withFiles = (
  variables: Readonly<Record<string, string | undefined>>,
  names: Iterable<string>
): Record<string, string> => {
  const result: Record<string, string> = {}
  for (const [name, value] of Object.entries(variables)) {
    if (value !== undefined && value !== "") result[name] = value
  }
  for (const name of names) {
    const file = result[`${name}_FILE`]
    if (file === undefined || result[name] !== undefined) continue
    try {
      result[name] = readFileSync(file, "utf8").trimEnd()
    } catch {
      throw new Failure({
        reason: "misconfigured",
        message: `${name}_FILE names "${file}", which cannot be read`
      })
    }
  }
  return result
}

/** Settings of these names from this process's environment. */
export const environmentLayer = (names: Iterable<string>) =>
  Layer.unwrap(
    Effect.try({
      try: () => ConfigProvider.layer(ConfigProvider.fromEnv({ env: withFiles(process.env, names) })),
      catch: (cause) => cause as Failure
    })
  )
