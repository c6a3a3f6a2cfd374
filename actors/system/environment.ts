/**
 * Where settings come from: the environment, and for each `NAME_FILE` in it the file it names (mounted secrets).
 * A name that is set to nothing counts as not set.
 */
import { readFileSync } from "node:fs"
import { ConfigProvider, Effect, Layer } from "effect"
import { Failure } from "../../contracts/failure.ts"

/** The variables with the contents of the files put in; throws `Failure` "unreadable" naming a file that is not there. */
export const withFiles = (
  variables: Readonly<Record<string, string | undefined>>
): Record<string, string> => {
  const result: Record<string, string> = {}
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined || value === "") continue
    result[name] = value
    const base = /^(.+)_FILE$/.exec(name)?.[1]
    if (base === undefined || (variables[base] ?? "") !== "") continue
    try {
      result[base] = readFileSync(value, "utf8").trimEnd()
    } catch {
      throw new Failure({ reason: "unreadable", message: `${name} names "${value}", which cannot be read` })
    }
  }
  return result
}

/** Settings from this process's environment. */
export const environmentLayer = Layer.unwrap(
  Effect.try({
    try: () => ConfigProvider.layer(ConfigProvider.fromEnv({ env: withFiles(process.env) })),
    catch: (cause) => cause as Failure
  })
)
