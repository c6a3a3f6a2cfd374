/** The templates of a rule, each with the path of its field, for the check of the rule. Pure. */
import type { Call, Emit, Notify, Rule, Step } from "../../contracts/reactions/rule.ts"

/** One template. */
export interface TemplateField {
  readonly field: string
  readonly text: string
  /** May it print secrets? */
  readonly mayHaveSecrets: boolean
  /** The names in `answers` that are known there; `answer` is known in a report only. */
  readonly answers: ReadonlySet<string>
  readonly isReport: boolean
}

/** The steps of a rule; one without a list has one. */
export const stepsOf = (rule: Rule): ReadonlyArray<Step> =>
  Array.isArray(rule.do) ? (rule.do as ReadonlyArray<Step>) : [rule.do as Step]

/** All templates of a rule. */
export const templatesOf = (rule: Rule): ReadonlyArray<TemplateField> => {
  const none = { mayHaveSecrets: false, answers: new Set<string>(), isReport: false }
  const { often } = rule
  const keys =
    often === undefined || often === "each" || "atMost" in often
      ? []
      : "once" in often
        ? [{ ...none, field: "often.once", text: often.once }]
        : [{ ...none, field: "often.first", text: often.first }]
  const answers = new Set<string>()
  const steps = stepsOf(rule).flatMap((step, i) => {
    const path = Array.isArray(rule.do) ? `do.${i}` : "do"
    const found = stepTemplates(step, path, new Set(answers))
    if ("call" in step && step.call.as !== undefined) answers.add(step.call.as)
    return found
  })
  return [...keys, ...steps]
}

type Named = readonly [field: string, text: string | undefined]

const stepTemplates = (
  step: Step,
  path: string,
  answers: ReadonlySet<string>
): ReadonlyArray<TemplateField> => {
  const fields = (named: ReadonlyArray<Named>, mayHaveSecrets = false, isReport = false) =>
    named.flatMap(([field, text]) =>
      text === undefined ? [] : [{ field: `${path}.${field}`, text, mayHaveSecrets, answers, isReport }]
    )
  const condition = fields([["if", step.if]])
  if ("emit" in step) return [...condition, ...fields(emitTexts(step.emit, "emit"))]
  if ("notify" in step) return [...condition, ...fields(notifyTexts(step.notify))]
  const { report } = step.call
  return [
    ...condition,
    ...fields(callTexts(step.call), true),
    ...(report === undefined ? [] : fields(emitTexts(report, "call.report"), false, true))
  ]
}

const record = (path: string, texts: Readonly<Record<string, string>> | undefined): ReadonlyArray<Named> =>
  Object.entries(texts ?? {}).map(([name, text]): Named => [`${path}.${name}`, text])

const emitTexts = ({ type, params }: Emit, path: string): ReadonlyArray<Named> => [
  [`${path}.type`, type],
  ...record(`${path}.params`, params)
]

const notifyTexts = ({ device, title, message, url, data }: Notify): ReadonlyArray<Named> => [
  ["notify.device", device],
  ["notify.title", title],
  ["notify.message", message],
  ["notify.url", url],
  ...record("notify.data", data)
]

const callTexts = ({ url, query, headers, body, basic, bearer }: Call): ReadonlyArray<Named> => [
  ["call.url", url],
  ...record("call.query", query),
  ...record("call.headers", headers),
  ...bodyTexts("call.body", body),
  ["call.basic.user", basic?.user],
  ["call.basic.password", basic?.password],
  ["call.bearer", bearer]
]

/** The texts in a body, at any depth. */
const bodyTexts = (path: string, body: unknown): ReadonlyArray<Named> => {
  if (typeof body === "string") return [[path, body]]
  if (typeof body !== "object" || body === null) return []
  return Object.entries(body).flatMap(([name, value]) => bodyTexts(`${path}.${name}`, value))
}
