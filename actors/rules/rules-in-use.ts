/** The rules of the file and of the API as one set. A rule of the API that cannot be used is left out, and says why. */
import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { Effect } from "effect"
import type { StoredRule } from "../../bridge/reaction-store/service.ts"
import { Failure } from "../../contracts/failure.ts"
import type { Rule } from "../../contracts/reactions/rule.ts"
import { namedVariables } from "./check-rule.ts"
import { messageOf, RuleProblem } from "./problem.ts"
import { readRule, readRules } from "./read-rules.ts"
import { makeRenderer, type Renderer } from "./render.ts"
import { compileRules, type RuleSet } from "./rule-set.ts"
import { isVariableSet, type RuleVariables, readRuleVariables } from "./variables.ts"
import { maxYamlChars } from "./yaml.ts"

/** The rules of the file, with the variables that they were read with. */
export interface RulesInFile {
  readonly rules: ReadonlyArray<Rule>
  readonly variables: RuleVariables
  /** Another text when the file or a variable is another one. */
  readonly fingerprint: string
}

export interface RulesInUse {
  readonly set: RuleSet
  readonly renderer: Renderer
  readonly fileRules: ReadonlyArray<Rule>
  readonly apiRules: ReadonlyArray<Rule>
  /** Why rules of the API are not used. */
  readonly apiProblems: ReadonlyArray<string>
  /** Variables and secrets that the rules name and that are not set: they render empty. */
  readonly unset: ReadonlyArray<string>
}

/**
 * Reads the variables and the file. Fails with one sentence that names file, rule, field and line. `path` undefined: no
 * rules.
 */
export const readRulesFile = Effect.fnUntraced(function* (
  path: string | undefined,
  environment: Readonly<Record<string, string | undefined>>
): Effect.fn.Return<RulesInFile, Failure> {
  const variables = yield* readRuleVariables(environment)
  const text = path === undefined ? "rules: []" : yield* readText(path)
  const { rules, problems } = readRules(text, makeRenderer(variables))
  const [problem] = problems
  if (problem !== undefined) {
    const others = problems.length === 1 ? "" : ` (and ${problems.length - 1} more: bun run rules check)`
    return yield* misconfigured(`RULES names "${path}": ${problem.sentence}${others}`)
  }
  const fingerprint = createHash("sha256")
    .update(JSON.stringify([text, variables]))
    .digest("hex")
  return { rules, variables, fingerprint }
})

/** The text of a rules file. Rejects with why it cannot be read. */
export const readRulesText = async (path: string): Promise<string> => {
  const bytes = await readFile(path)
  if (bytes.length > 4 * maxYamlChars) throw new Error("it is larger than 1 MiB")
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    throw new Error("it is not UTF-8")
  }
}

const readText = (path: string): Effect.Effect<string, Failure> =>
  Effect.tryPromise({
    try: () => readRulesText(path),
    catch: (error) =>
      new Failure({
        reason: "misconfigured",
        message: `RULES names "${path}", which cannot be read: ${messageOf(error)}.`
      })
  })

const misconfigured = (message: string): Failure => new Failure({ reason: "misconfigured", message })

/** All rules in use: those of the file first, then those of the API by name. */
export const combineRules = (
  { rules, variables }: RulesInFile,
  stored: ReadonlyArray<StoredRule>
): RulesInUse => {
  const renderer = makeRenderer(variables)
  const names = new Set(rules.map(({ name }) => name))
  const apiRules: Array<Rule> = []
  const apiProblems: Array<string> = []
  for (const { name, text } of stored.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    try {
      if (names.has(name))
        throw new RuleProblem("The rules file has a rule of this name, which is used: remove one of them.", {
          rule: name
        })
      apiRules.push(readRule(JSON.parse(text), renderer))
    } catch (error) {
      apiProblems.push(error instanceof RuleProblem ? error.sentence : `rule "${name}": ${messageOf(error)}`)
    }
  }
  const all = [...rules, ...apiRules]
  return {
    ...{ set: compileRules(all, renderer), renderer, fileRules: rules, apiRules, apiProblems },
    unset: [...namedVariables(all.filter(({ on }) => on !== false))]
      .filter((name) => !isVariableSet(name, variables))
      .toSorted()
  }
}
