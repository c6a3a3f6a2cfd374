/**
 * Conditions of rules: `params.action = search`, `lists.mbers ~ bot-`, `meta.country != [DE, AT]`, `params.owner exists`.
 * A condition is parsed once and then asked for each event. Pure.
 */
import type { Fields } from "./fields.ts"
import { isSlowPattern } from "./slow-pattern.ts"

/** Does the condition hold for an event? Never throws. */
export type Predicate = (fields: Fields) => boolean

/** The longest value that a regular expression looks at, in characters. */
export const maxPatternChars = 1_000

/** A field of an event: its values, none where it is absent. */
type Values = (fields: Fields) => ReadonlyArray<string>

const none: ReadonlyArray<string> = []
const one = (value: string | undefined): ReadonlyArray<string> => (value === undefined ? none : [value])

/**
 * Parses a condition. Throws an `Error` with a sentence.
 *
 * @example
 * const isSearch = parseCondition("params.action = search")
 */
export const parseCondition = (text: string): Predicate => {
  const { values, rest } = readField(text.trim())
  const [, op, value = ""] = /^(exists|missing|!=|!~|<=|>=|=|~|<|>)(?![=~])\s*([\s\S]*)$/.exec(rest) ?? []
  if (op === undefined)
    throw new Error(
      `The condition "${text}" has no valid operator after its field: write =, !=, ~, !~, exists, missing, <, >, <= or >=.`
    )
  if (op === "exists" || op === "missing") {
    if (value !== "") throw new Error(`Nothing may follow ${op} in the condition "${text}".`)
    const isGiven = (fields: Fields): boolean => values(fields).some((one) => one !== "")
    return op === "exists" ? isGiven : (fields) => !isGiven(fields)
  }
  const holds = comparison(op, value, text)
  const any = (fields: Fields): boolean => values(fields).some(holds)
  return op.startsWith("!") ? (fields) => !any(fields) : any
}

/** The field at the start of a condition, and what follows it. A name with spaces is quoted: `params."my name"`. */
const readField = (text: string): { readonly values: Values; readonly rest: string } => {
  const named = /^(params|lists|meta)\.(?:("(?:[^"\\]|\\.)*")|([^\s"=!~<>][^\s=!~<>]*))\s*([\s\S]*)$/.exec(
    text
  )
  if (named !== null) {
    const [, part, quoted, plain = "", rest = ""] = named
    const name = quoted === undefined ? plain : unquote(quoted, text)
    if (part === "params") return { values: (fields) => one(fields.param(name)), rest }
    if (part === "meta") return { values: (fields) => one(fields.meta(name)), rest }
    return { values: (fields) => fields.list(name), rest }
  }
  const [, word, rest = ""] = /^(type|topic|id)(?![\w.])\s*([\s\S]*)$/.exec(text) ?? []
  if (word === "type") return { values: (fields) => [fields.type], rest }
  if (word === "topic") return { values: (fields) => [fields.topic], rest }
  if (word === "id") return { values: (fields) => [fields.id], rest }
  throw new Error(
    `The condition "${text}" does not begin with a field: write params.<name>, lists.<name>, meta.<name>, type, topic or id.`
  )
}

const comparison = (op: string, written: string, text: string): ((value: string) => boolean) => {
  if (written === "")
    throw new Error(`A value is missing after ${op} in the condition "${text}"; write "" for an empty one.`)
  if (op === "=" || op === "!=") {
    const wanted = new Set(readValues(written, text))
    return (value) => wanted.has(value)
  }
  if (op === "~" || op === "!~") return containing(written, text)
  const limit = numberOf(readValue(written, text))
  if (Number.isNaN(limit))
    throw new Error(`The operator ${op} needs a number in the condition "${text}", not "${written}".`)
  if (op === "<") return (value) => numberOf(value) < limit
  if (op === ">") return (value) => numberOf(value) > limit
  if (op === "<=") return (value) => numberOf(value) <= limit
  return (value) => numberOf(value) >= limit
}

/** NaN for anything but a decimal number; NaN compares false with every limit. */
const numberOf = (text: string): number =>
  /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?\s*$/i.test(text) ? Number(text) : Number.NaN

const containing = (written: string, text: string): ((value: string) => boolean) => {
  const [, source, flags = ""] = /^\/([\s\S]+)\/([a-z]*)$/.exec(written) ?? []
  if (source === undefined) {
    const part = readValue(written, text).toLowerCase()
    return (value) => value.toLowerCase().includes(part)
  }
  if (flags !== "" && flags !== "i")
    throw new Error(`The regular expression in "${text}" may have the flag i, and no other.`)
  let pattern: RegExp
  try {
    pattern = new RegExp(source, `${flags}u`)
  } catch (error) {
    throw new Error(
      `The regular expression in "${text}" is invalid: ${error instanceof Error ? error.message : error}`
    )
  }
  if (isSlowPattern(source))
    throw new Error(
      `The regular expression in "${text}" repeats a group that itself repeats, like (a+)+, which can take hours: write it without the inner or the outer repetition.`
    )
  return (value) => pattern.test(value.length > maxPatternChars ? value.slice(0, maxPatternChars) : value)
}

const quoted = /^"(?:[^"\\]|\\.)*"$/
const items = /\s*("(?:[^"\\]|\\.)*"|[^,"\]]*[^,"\]\s])\s*(,|$)/y

/** A value, or the values of `[a, b, "c, d"]`. */
const readValues = (written: string, text: string): ReadonlyArray<string> => {
  if (!written.startsWith("[")) return [readValue(written, text)]
  const inner = written.slice(1, -1)
  const values: Array<string> = []
  items.lastIndex = 0
  let isOpen = true
  while (isOpen) {
    const found = items.exec(inner)
    if (found === null || !written.endsWith("]"))
      throw new Error(
        `The list in the condition "${text}" is invalid: write [one, two, "three, with comma"].`
      )
    values.push(readValue(found[1] ?? "", text))
    isOpen = found[2] === ","
  }
  return values
}

const readValue = (written: string, text: string): string =>
  quoted.test(written) ? unquote(written, text) : written

const unquote = (written: string, text: string): string => {
  try {
    return JSON.parse(written) as string
  } catch {
    throw new Error(`The text ${written} in the condition "${text}" is invalid: quote it as in JSON.`)
  }
}
