/**
 * The text of a rules file, YAML or JSON, as rules: all problems are found at once, each with its rule, field and line.
 * Pure.
 */
import type { Rule } from "../../contracts/reactions/rule.ts"
import { decodeRule, FieldProblem } from "./decode-rule.ts"
import { messageOf, RuleProblem } from "./problem.ts"
import type { Renderer } from "./render.ts"
import { compileRule, compileRules, type RuleSet } from "./rule-set.ts"
import { type ParsedYaml, parseYaml, YamlProblem } from "./yaml.ts"

/** The most rules of one file. */
export const maxRules = 10_000

/** The valid rules of a text, and at most one problem of each other rule. */
export interface ReadRules {
  readonly rules: ReadonlyArray<Rule>
  readonly problems: ReadonlyArray<RuleProblem>
}

/** Reads the rules of a file, and checks their templates and conditions. Throws nothing. */
export const readRules = (text: string, renderer: Renderer): ReadRules => {
  let parsed: ParsedYaml
  try {
    parsed = parseYaml(text)
  } catch (error) {
    const line = error instanceof YamlProblem ? error.line : undefined
    return { rules: [], problems: [new RuleProblem(messageOf(error), { line })] }
  }
  const { value, lineOf } = parsed
  const list = rulesOf(value)
  if (typeof list === "string") return { rules: [], problems: [new RuleProblem(list, { line: lineOf([]) })] }
  const rules: Array<Rule> = []
  const problems: Array<RuleProblem> = []
  const names = new Map<string, number>()
  for (const [i, one] of list.entries()) {
    try {
      const rule = decodeRule(one)
      const first = names.get(rule.name)
      if (first !== undefined)
        throw new FieldProblem(
          `The rule in line ${lineOf(["rules", first]) ?? "?"} has the same name: choose another one.`,
          rule.name,
          ["name"]
        )
      names.set(rule.name, i)
      renderer.check(rule)
      compileRule(rule)
      rules.push(rule)
    } catch (error) {
      problems.push(located(error, i, lineOf))
    }
  }
  return { rules, problems }
}

/** The rules of a file as a set. Throws the first problem. */
export const loadRules = (text: string, renderer: Renderer): RuleSet => {
  const { rules, problems } = readRules(text, renderer)
  const [problem] = problems
  if (problem !== undefined) throw problem
  return compileRules(rules, renderer)
}

/** A rule of the API, as JSON. Throws `RuleProblem`. */
export const readRule = (value: unknown, renderer: Renderer): Rule => {
  const rule = decodeRule(value)
  renderer.check(rule)
  compileRule(rule)
  return rule
}

const rulesOf = (value: unknown): ReadonlyArray<unknown> | string => {
  if (value === null || value === undefined) return "The file is empty: write rules: [] for none."
  if (typeof value !== "object" || Array.isArray(value) || !("rules" in value))
    return "The file must be an object with the field rules, a list."
  const { rules, ...others } = value
  const [other] = Object.keys(others)
  if (other !== undefined) return `The file has the unknown field "${other}": only rules may be there.`
  if (!Array.isArray(rules)) return "The field rules must be a list."
  return rules.length > maxRules ? `The file has more than ${maxRules} rules.` : rules
}

/** The problem of the rule in that place, with its line. */
const located = (error: unknown, place: number, lineOf: ParsedYaml["lineOf"]): RuleProblem => {
  const problem = error instanceof RuleProblem ? error : new RuleProblem(messageOf(error))
  const path = problem instanceof FieldProblem ? problem.path : (problem.field?.split(".") ?? [])
  return new RuleProblem(problem.message, {
    rule: problem.rule ?? `number ${place + 1}`,
    field: problem.field,
    line: lineOf(["rules", place, ...path])
  })
}
