/** A rule in words: when it matches, how often, and what each step does. Pure. */
import type { Often, Rule, Step } from "../../../contracts/reactions/rule.ts"

const listOf = (one: string | ReadonlyArray<string> | undefined): ReadonlyArray<string> =>
  one === undefined ? [] : typeof one === "string" ? [one] : one

/** The event types that the rule matches; empty: any. */
export const typesOf = ({ when }: Rule): ReadonlyArray<string> => listOf(when.type)

/** `bud in events, when params.owner exists; at most 5 per 1m`. */
export const whenText = ({ when, often }: Rule): string => {
  const types = listOf(when.type)
  const topics = listOf(when.topic)
  const all = when.all ?? []
  const any = when.any ?? []
  const conditions = [
    ...(all.length === 0 ? [] : [all.join(" and ")]),
    ...(any.length === 0 ? [] : [any.length === 1 ? (any[0] ?? "") : `(${any.join(" or ")})`])
  ]
  return [
    types.length === 0 ? "any event" : types.join(", "),
    ...(topics.length === 0 ? [] : [`in ${topics.join(", ")}`]),
    ...(conditions.length === 0 ? [] : [`when ${conditions.join(" and ")}`]),
    ...oftenText(often)
  ].join(" ")
}

const oftenText = (often: Often | undefined): ReadonlyArray<string> => {
  if (often === undefined || often === "each") return []
  if ("once" in often) return [`· once per ${often.once} within ${often.within}`]
  if ("first" in often) return [`· the first ever per ${often.first}`]
  return [`· at most ${often.atMost} per ${often.per}`]
}

/** `GET https://shop.example/…`, `event pob`, `notify {{ params.device }}`. */
export const stepTexts = (rule: Rule): ReadonlyArray<string> => {
  const steps: ReadonlyArray<Step> = Array.isArray(rule.do) ? rule.do : [rule.do as Step]
  return steps.map((step) => {
    const condition = step.if === undefined ? "" : ` if ${step.if}`
    if ("call" in step) return `${step.call.method ?? methodOf(step.call.body)} ${step.call.url}${condition}`
    if ("emit" in step) return `event ${step.emit.type}${condition}`
    return `notify ${step.notify.device}${condition}`
  })
}

/** The method of a call that names none. */
const methodOf = (body: unknown): string => (body === undefined ? "GET" : "POST")
