/** A rule as people write it, as JSON or as a text of YAML or JSON. Pure. */
import { Effect } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import type { Rule } from "../../../contracts/reactions/rule.ts"
import { messageOf, RuleProblem } from "../../rules/problem.ts"
import { readRule } from "../../rules/read-rules.ts"
import type { Renderer } from "../../rules/render.ts"
import { parseYaml, YamlProblem } from "../../rules/yaml.ts"
import type { PutCommand } from "./commands.ts"

/** The checked rule. Fails with "unreadable" and a sentence that names the field. */
export const writtenRule = (written: PutCommand, renderer: Renderer): Effect.Effect<Rule, Failure> =>
  Effect.try({
    try: () => readRule(isText(written) ? ruleIn(parseYaml(written.text).value) : written, renderer),
    catch: (error) => new Failure({ reason: "unreadable", message: sentenceOf(error) })
  })

const isText = (written: PutCommand): written is { readonly text: string } =>
  typeof written.text === "string" && Object.keys(written).length === 1

/** A rule, also when it is the only one of a list like that of a file. */
const ruleIn = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null || !("rules" in value)) return value
  const { rules } = value
  if (!Array.isArray(rules) || rules.length !== 1)
    throw new RuleProblem("Write one rule, not a list of rules.")
  return rules[0]
}

const sentenceOf = (error: unknown): string => {
  if (error instanceof RuleProblem) return error.sentence
  if (error instanceof YamlProblem && error.line !== undefined) return `Line ${error.line}: ${error.message}`
  return messageOf(error)
}
