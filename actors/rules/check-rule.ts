/** Checks what the schema of a rule cannot say: its templates, names of headers, durations. Pure. */
import type { Call, Rule } from "../../contracts/reactions/rule.ts"
import { ruleMs } from "./duration.ts"
import { parseTemplate, type VariablePath } from "./liquid.ts"
import { messageOf, RuleProblem } from "./problem.ts"
import { stepsOf, type TemplateField, templatesOf } from "./templates-of.ts"

/** Names that templates may read. */
const scopeNames = ["event", "params", "lists", "meta", "answers", "answer", "vars", "secrets"]
const eventNames = ["id", "type", "topic", "time", "hops", "params", "lists", "meta"]

/** The longest duration of a rule: a year. */
const maxRuleMs = 366 * 86_400_000

/** Throws `RuleProblem` for the first thing that cannot work. */
export const checkRule = (rule: Rule): void => {
  for (const template of templatesOf(rule)) {
    const problem = templateProblem(template)
    if (problem !== undefined) throw new RuleProblem(problem, { rule: rule.name, field: template.field })
  }
  const { often } = rule
  if (often !== undefined && often !== "each") {
    if ("within" in often) checkDuration(often.within, rule.name, "often.within", 1_000)
    if ("per" in often) checkDuration(often.per, rule.name, "often.per", 1_000)
  }
  if (rule.for !== undefined) checkDuration(rule.for, rule.name, "for", 1_000)
  for (const [i, step] of stepsOf(rule).entries()) {
    if ("call" in step) checkCall(step.call, rule.name, Array.isArray(rule.do) ? `do.${i}.call` : "do.call")
  }
}

/** The variables and secrets that the rules name, as settings: `RULES_VAR_X`, `RULES_SECRET_X`. */
export const namedVariables = (rules: ReadonlyArray<Rule>): ReadonlySet<string> => {
  const names = new Set<string>()
  for (const rule of rules) {
    for (const { text } of templatesOf(rule)) {
      for (const [scope, name] of parseTemplate(text).variables) {
        if (name !== undefined && scope === "vars") names.add(`RULES_VAR_${name}`)
        if (name !== undefined && scope === "secrets") names.add(`RULES_SECRET_${name}`)
      }
    }
    for (const step of stepsOf(rule)) {
      if ("call" in step && step.call.sign !== undefined && step.call.sign !== "none")
        names.add(`RULES_SECRET_${step.call.sign}`)
    }
  }
  return names
}

const templateProblem = (template: TemplateField): string | undefined => {
  try {
    const { variables, misusedSecret } = parseTemplate(template.text)
    if (misusedSecret !== undefined) return `In "${template.text}", ${misusedSecret}.`
    for (const path of variables) {
      const problem = variableProblem(path, template)
      if (problem !== undefined) return problem
    }
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}

const variableProblem = (
  [scope = "", name]: VariablePath,
  { mayHaveSecrets, answers, isReport }: TemplateField
): string | undefined => {
  if (!scopeNames.includes(scope))
    return `The template reads "${scope}", which does not exist: write ${scopeNames.join(", ")}.`
  if (scope === "secrets") {
    if (!mayHaveSecrets)
      return "Secrets can be used in calls only: in url, query, headers, body, basic and bearer."
    if (name === undefined || !/^[A-Za-z0-9_]+$/.test(name))
      return "A secret must be named in the rule, like secrets.API_KEY; no event may choose it."
  }
  if (scope === "vars" && name === undefined)
    return "A variable must be named in the rule, like vars.STORAGE; no event may choose it."
  if (scope === "event" && name !== undefined && !eventNames.includes(name))
    return `The template reads "event.${name}", which does not exist: write event.id, event.type, event.topic, event.time or event.hops, or params.${name}.`
  if (scope === "answer" && !isReport)
    return "The template reads answer, which is known in the report of a call only: write answers.<as>."
  if (scope === "answers" && name !== undefined && !answers.has(name))
    return `The template reads "answers.${name}", but no earlier step has "as: ${name}".`
  return undefined
}

const checkDuration = (text: string, rule: string, field: string, leastMs: number): void => {
  const ms = ruleMs(text)
  if (ms < leastMs || ms > maxRuleMs)
    throw new RuleProblem(`The duration must be from ${leastMs / 1_000} s to 366 days.`, { rule, field })
}

/** Headers that belong to the connection or to the signature. */
const ownHeaders =
  /^(host|content-length|transfer-encoding|connection|upgrade|te|trailer|webhook-(id|timestamp|signature)|traceparent)$/i

/** What is wrong with the part of a URL that is the same for all events; undefined for nothing. */
const urlProblem = (url: string): string | undefined => {
  const [start = "", ...templates] = url.trim().split(/\{[{%]/)
  const schemes = ["http://", "https://"]
  const isRight =
    templates.length === 0
      ? URL.canParse(url.trim()) && schemes.includes(`${new URL(url.trim()).protocol}//`)
      : schemes.some((scheme) => scheme.startsWith(start.toLowerCase().slice(0, scheme.length)))
  return isRight ? undefined : "The URL must begin with http:// or https:// and a host."
}

const checkCall = (
  { url, headers, query, body, method, timeout, accept, as, sign }: Call,
  rule: string,
  path: string
): void => {
  const fail = (message: string, field: string): never => {
    throw new RuleProblem(message, { rule, field: `${path}.${field}` })
  }
  const wrongUrl = urlProblem(url)
  if (wrongUrl !== undefined) fail(wrongUrl, "url")
  for (const name of Object.keys(headers ?? {})) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) fail(`"${name}" is not a valid header name.`, "headers")
    if (ownHeaders.test(name)) fail(`Spoor sets the header ${name} itself: remove it.`, "headers")
  }
  if (Object.keys(query ?? {}).includes("")) fail("A parameter has no name.", "query")
  if (body !== undefined && (method === "GET" || method === "HEAD"))
    fail(`A ${method} request has no body: use query, or another method.`, "body")
  if (timeout !== undefined) {
    const ms = ruleMs(timeout)
    if (ms < 1 || ms > 300_000) fail("The timeout must be from 1 ms to 5 minutes.", "timeout")
  }
  const wrong = accept?.find((status) => status < 100 || status > 599)
  if (wrong !== undefined) fail(`${wrong} is not an HTTP status.`, "accept")
  if (as !== undefined && !/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(as))
    fail("It must be a name of letters, digits and _.", "as")
  if (sign !== undefined && !/^[A-Za-z0-9_]+$/.test(sign))
    fail("It must be the name of a secret, or none.", "sign")
}
