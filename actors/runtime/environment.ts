/**
 * Where settings come from: the environment, and for each `NAME_FILE` in it the file it names (mounted secrets).
 * A name that is set to nothing counts as not set.
 */
import { readFileSync } from "node:fs"
import { ConfigProvider, Effect, Layer } from "effect"
import { Failure } from "../../contracts/failure.ts"

/**
 * The variables with the contents of the files put in, for the settings of these names; trailing line ends are left
 * out. Throws `Failure` "misconfigured" that names a file which cannot be read.
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
