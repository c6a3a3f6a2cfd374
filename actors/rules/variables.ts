/**
 * What rules may read of the environment: `vars.X` is `RULES_VAR_X`, `secrets.X` is `RULES_SECRET_X` or the content of the
 * file that `RULES_SECRET_X_FILE` names. Nothing else of the environment can be read by a rule.
 */
import { readFileSync } from "node:fs"
import { Effect } from "effect"
import { Failure } from "../../contracts/failure.ts"

/** The values by name, without the prefix. */
export interface RuleVariables {
  readonly vars: Readonly<Record<string, string>>
  readonly secrets: Readonly<Record<string, string>>
}

type Environment = Readonly<Record<string, string | undefined>>

const varPrefix = "RULES_VAR_"
const secretPrefix = "RULES_SECRET_"
const fileSuffix = "_FILE"

/** Reads the variables, and the files of secrets as they are now. Fails with `misconfigured` when one cannot be read. */
export const readRuleVariables = (
  environment: Environment = process.env
): Effect.Effect<RuleVariables, Failure> =>
  Effect.try({
    try: () => variablesIn(environment),
    catch: (error) =>
      error instanceof Failure ? error : new Failure({ reason: "misconfigured", message: String(error) })
  })

const variablesIn = (environment: Environment): RuleVariables => {
  const vars: Record<string, string> = {}
  const secrets: Record<string, string> = {}
  for (const [name, value = ""] of Object.entries(environment)) {
    if (value === "") continue
    if (name.startsWith(varPrefix)) vars[name.slice(varPrefix.length)] = value
    if (!name.startsWith(secretPrefix)) continue
    const own = name.slice(secretPrefix.length)
    const fromFile = own.endsWith(fileSuffix) ? own.slice(0, -fileSuffix.length) : ""
    if (fromFile === "") secrets[own] = value
    // A value that is set itself wins over its file, as for every setting.
    else if ((environment[`${secretPrefix}${fromFile}`] ?? "") === "")
      secrets[fromFile] = contentOf(name, value)
  }
  return { vars, secrets }
}

const contentOf = (name: string, path: string): string => {
  try {
    return readFileSync(path, "utf8").trimEnd()
  } catch {
    throw new Failure({
      reason: "misconfigured",
      message: `${name} names "${path}", which cannot be read.`
    })
  }
}

/** The paths of the files of secrets. */
export const secretFiles = (environment: Environment): ReadonlyArray<string> =>
  Object.entries(environment).flatMap(([name, path = ""]) =>
    name.startsWith(secretPrefix) && name.endsWith(fileSuffix) && path !== "" ? [path] : []
  )

/** Is the setting (`RULES_VAR_X` or `RULES_SECRET_X`) among the variables, and not empty? */
export const isVariableSet = (setting: string, { vars, secrets }: RuleVariables): boolean =>
  (setting.startsWith(varPrefix)
    ? (vars[setting.slice(varPrefix.length)] ?? "")
    : (secrets[setting.slice(secretPrefix.length)] ?? "")) !== ""
