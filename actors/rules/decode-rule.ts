/** A value as a rule, with a sentence for what is wrong in it that names the field. Pure. */
import { Result, Schema, SchemaIssue } from "effect"
import { Often, Rule, Step } from "../../contracts/reactions/rule.ts"
import { RuleProblem } from "./problem.ts"

type Path = ReadonlyArray<string | number>

/** A problem with the path of its field. */
export class FieldProblem extends RuleProblem {
  readonly path: Path
  constructor(message: string, rule: string | undefined, path: Path) {
    super(message, { rule, field: path.length === 0 ? undefined : path.join(".") })
    this.path = path
  }
}

const { do: _do, often: _often, ...plain } = Rule.fields
const Plain = Schema.Struct(plain)
const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** Throws `FieldProblem`. `expected`: the name that the rule is known by, for problems in it. */
export const decodeRule = (value: unknown): Rule => {
  if (!isObject(value))
    throw new FieldProblem("A rule must be an object with name, when and do.", undefined, [])
  const name = typeof value.name === "string" ? value.name : undefined
  const check = (schema: Schema.Decoder<unknown>, part: unknown, path: Path): void => {
    const problem = firstProblem(schema, part)
    if (problem !== undefined) throw new FieldProblem(problem.message, name, [...path, ...problem.path])
  }
  const { do: steps, often, ...rest } = value
  check(Plain, rest, [])
  if (often !== undefined) check(oftenSchema(often, name), often, ["often"])
  if (steps === undefined)
    throw new FieldProblem("It is missing: write call, emit or notify in it.", name, ["do"])
  if (!Array.isArray(steps)) check(stepSchema(steps, name, ["do"]), steps, ["do"])
  else {
    if (steps.length === 0 || steps.length > 10)
      throw new FieldProblem("It must be one step, or a list of 1 to 10 steps.", name, ["do"])
    for (const [i, step] of steps.entries()) check(stepSchema(step, name, ["do", i]), step, ["do", i])
  }
  check(Rule, value, [])
  return Schema.decodeUnknownSync(Rule)(value)
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The one form of a step that its keys ask for, so that the problem is that of this form alone. */
const stepSchema = (step: unknown, rule: string | undefined, path: Path): Schema.Decoder<unknown> => {
  const kinds = isObject(step) ? ["call", "emit", "notify"].filter((kind) => kind in step) : []
  const schema = Step.members.find((member) => kinds[0] !== undefined && kinds[0] in member.fields)
  if (kinds.length !== 1 || schema === undefined)
    throw new FieldProblem("A step must have exactly one of call, emit and notify.", rule, path)
  return schema
}

const oftenSchema = (often: unknown, rule: string | undefined): Schema.Decoder<unknown> => {
  const key = isObject(often) ? ["once", "first", "atMost"].find((one) => one in often) : undefined
  const schema = Often.members.find(
    (member) => key !== undefined && "fields" in member && key in member.fields
  )
  if (schema !== undefined) return schema
  if (often === "each") return Often
  throw new FieldProblem("It must be each, or have once and within, or first, or atMost and per.", rule, [
    "often"
  ])
}

const firstProblem = (
  schema: Schema.Decoder<unknown>,
  value: unknown
): { readonly message: string; readonly path: Path } | undefined => {
  const decoded = Schema.decodeUnknownResult(schema)(value, { errors: "all", onExcessProperty: "error" })
  if (Result.isSuccess(decoded)) return undefined
  const issues = format(decoded.failure.issue).issues.map(({ message, path = [] }) => ({
    message: plainMessage(message),
    path: path.map((part) => (typeof part === "number" ? part : String(part)))
  }))
  // A misspelled field is the likely reason why another one is missing.
  return issues.find(({ message }) => message === unknownField) ?? issues[0]
}

const unknownField = "There is no field of this name here."

const plainMessage = (message: string): string => {
  if (message === "Expected no excess property") return unknownField
  if (message === "Missing key") return "It is missing."
  const [, expected] = /^Expected (.*)$/s.exec(message) ?? []
  if (expected === undefined) return message
  const kinds = expected.split(" | ").map((kind) => kindNames[kind] ?? kind)
  const advice = expected === "string" ? ": put a template, a number, true or false in quotes" : ""
  return `It must be ${kinds.join(" or ")}${advice}.`
}

/** The words of YAML and JSON for the schema's. */
const kindNames: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "an object"
}
