/**
 * Rules as they are asked for each record. Most records match none, so a record costs one look-up by the bytes of its event
 * type, however many rules there are: the candidates of a type are found once and kept. Pure but for that cache.
 */
import { Buffer } from "node:buffer"
import { boundedMap } from "../../bridge/bounded-cache.ts"
import type { LogRecord } from "../../bridge/event-log/service.ts"
import { byteStringOf } from "../../contracts/byte-string.ts"
import type { ByteString } from "../../contracts/event.ts"
import type { Topic } from "../../contracts/ids.ts"
import type { ReactionEvent } from "../../contracts/reactions/delivery.ts"
import type { Rule } from "../../contracts/reactions/rule.ts"
import { eventType, eventTypeText } from "../../contracts/wire/record.ts"
import { type Predicate, parseCondition } from "./condition.ts"
import type { RecordFields } from "./fields.ts"
import { globMatcher, isGlob } from "./glob.ts"
import { messageOf, RuleProblem } from "./problem.ts"
import { eventOf, fieldsOf } from "./read-event.ts"
import type { Renderer } from "./render.ts"
import { withoutMarks } from "./secret-marks.ts"

/** A rule that holds for an event. */
export interface Match {
  readonly rule: Rule
  readonly event: ReactionEvent
}

/** The rules of a reactor. */
export interface RuleSet {
  /** All rules, also those that are off. */
  readonly rules: ReadonlyArray<Rule>
  /** May a rule hold for the record? Looks at the bytes of its event type only. */
  readonly isCandidate: (record: LogRecord) => boolean
  /** The rules that hold for the record, in their order. `id`: of the event, where the record has none of its own. */
  readonly match: (record: LogRecord, topic: Topic, id?: string) => ReadonlyArray<Match>
}

/** A rule with its parsed conditions. */
export interface CompiledRule {
  readonly rule: Rule
  /** Why the rule does not hold for the event, as a sentence; undefined when it does. */
  readonly whyNot: (fields: RecordFields) => string | undefined
  readonly holds: (fields: RecordFields) => boolean
  readonly types: ReadonlyArray<string> | undefined
}

/** Event types whose candidates are kept. */
const maxTypes = 5_000

/**
 * Compiles the rules. Throws `RuleProblem` for two rules of one name, an invalid condition or an invalid template.
 *
 * @example
 * const rules = compileRules([rule], renderer)
 * for (const { rule, event } of rules.match(record, topic)) console.log(rule.name, event.id)
 */
export const compileRules = (rules: ReadonlyArray<Rule>, renderer: Renderer): RuleSet => {
  const names = new Set<string>()
  for (const { name } of rules) {
    if (names.has(name))
      throw new RuleProblem("Another rule has the same name: choose another one.", {
        rule: name,
        field: "name"
      })
    names.add(name)
  }
  const compiled = rules.map((rule) => {
    renderer.check(rule)
    return compileRule(rule)
  })
  const candidatesOf = indexByType(compiled.filter(({ rule }) => rule.on !== false))
  return {
    rules,
    isCandidate: (record) => candidatesOf(typeBytesOf(record)).length > 0,
    match: (record, topic, id) => {
      const candidates = candidatesOf(typeBytesOf(record))
      if (candidates.length === 0) return none
      const fields = fieldsOf(record, topic, id)
      if (fields === undefined) return none
      const held = candidates.filter((one) => one.holds(fields))
      if (held.length === 0) return none
      const event = eventOf(fields, record.timestamp)
      return held.map(({ rule }) => ({ rule, event }))
    }
  }
}

const none: ReadonlyArray<Match> = []

/** The rules that may hold for an event type, as it is in the record. */
const indexByType = (
  rules: ReadonlyArray<CompiledRule>
): ((type: ByteString) => ReadonlyArray<CompiledRule>) => {
  const exact = new Map<string, Set<number>>()
  const globs: Array<readonly [matches: (type: string) => boolean, place: number]> = []
  const anyType: Array<number> = []
  for (const [place, { types }] of rules.entries()) {
    if (types === undefined) anyType.push(place)
    for (const type of types ?? []) {
      if (isGlob(type)) globs.push([globMatcher(type), place])
      else exact.set(type, (exact.get(type) ?? new Set()).add(place))
    }
  }
  const find = (bytes: ByteString): ReadonlyArray<CompiledRule> => {
    const type = withoutMarks(eventTypeText(bytes))
    const places = new Set([...(exact.get(type) ?? []), ...anyType])
    for (const [matches, place] of globs) if (matches(type)) places.add(place)
    return [...places].toSorted((a, b) => a - b).flatMap((place) => rules[place] ?? [])
  }
  const known = boundedMap<string, ReadonlyArray<CompiledRule>>(maxTypes)
  return (bytes) => {
    const found = known.get(bytes)
    if (found !== undefined) return found
    const candidates = find(bytes)
    // A copy, so that the cache does not keep the text of the whole record.
    known.set(Buffer.from(bytes, "latin1").toString("latin1"), candidates)
    return candidates
  }
}

const space = 32

/** The event type of a record as it is written there, in either dialect; empty for a record without one. */
const typeBytesOf = ({ text, value }: LogRecord): ByteString => {
  if (text !== undefined) return lastSegment(text.slice(0, Math.max(0, text.indexOf(" "))) as ByteString)
  const end = value.indexOf(space)
  return end < 1 ? ("" as ByteString) : lastSegment(byteStringOf(value.subarray(0, end)))
}

const lastSegment = (event: ByteString): ByteString => (event.startsWith("/") ? eventType(event) : event)

/** Parses the conditions of a rule. Throws `RuleProblem`. */
export const compileRule = (rule: Rule): CompiledRule => {
  const { when, name } = rule
  const types = listed(when.type)
  const topics = listed(when.topic)
  const parts = [
    ...(types === undefined ? [] : [anyOf(types, (fields) => fields.type, "type")]),
    ...(topics === undefined ? [] : [anyOf(topics, (fields) => fields.topic, "topic")]),
    ...(when.all ?? []).map((text, i) => condition(text, name, `when.all.${i}`)),
    ...(when.any === undefined
      ? []
      : [either(when.any.map((text, i) => condition(text, name, `when.any.${i}`)))])
  ]
  return {
    rule,
    types,
    holds: (fields) => parts.every(({ holds }) => holds(fields)),
    whyNot: (fields) => parts.find(({ holds }) => !holds(fields))?.text
  }
}

interface Part {
  readonly text: string
  readonly holds: Predicate
}

const condition = (text: string, rule: string, field: string): Part => {
  try {
    return { text: `the condition "${text}" does not hold`, holds: parseCondition(text) }
  } catch (error) {
    throw new RuleProblem(messageOf(error), { rule, field })
  }
}

const either = (parts: ReadonlyArray<Part>): Part => ({
  text: "no condition of when.any holds",
  holds: (fields) => parts.some(({ holds }) => holds(fields))
})

const anyOf = (
  globs: ReadonlyArray<string>,
  read: (fields: Parameters<Predicate>[0]) => string,
  what: string
): Part => {
  const matchers = globs.map(globMatcher)
  return {
    text: `the ${what} is not ${globs.join(" or ")}`,
    holds: (fields) => matchers.some((matches) => matches(read(fields)))
  }
}

const listed = (given: string | ReadonlyArray<string> | undefined): ReadonlyArray<string> | undefined =>
  typeof given === "string" ? [given] : given
