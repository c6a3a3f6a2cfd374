/** The details of a rule: what it does in full, its further lines in the ledger, its text, and what can be done with it. */
import type { RuleLine, RuleView } from "../reactions/messages.ts"
import { button, type Definition, definitions, element } from "./element.ts"
import { messageOf, number } from "./format.ts"
import { inert } from "./inert-text.ts"
import { getRuleText } from "./reactions-api.ts"

/** What a person can do with a rule. */
export interface RuleActions {
  readonly turn: (rule: RuleView) => void
  readonly edit: (rule: RuleView) => void
  readonly remove: (rule: RuleView) => void
  readonly showCalls: (rule: RuleView) => void
}

const reasonsOf = ({ suppressed }: RuleLine): string =>
  Object.entries(suppressed)
    .map(([reason, count]) => `${reason}: ${number(count)}`)
    .join(", ")

/** The line as an equation. */
const lineText = (line: RuleLine): string => {
  const { matched, delivered, dead, discarded, waiting, inFlight, replayed } = line
  const reasons = reasonsOf(line)
  const parts = [
    `${number(delivered)} delivered`,
    `${number(dead)} dead`,
    ...(discarded === 0 ? [] : [`${number(discarded)} discarded`]),
    ...(reasons === "" ? [] : [`suppressed (${reasons})`]),
    `${number(waiting)} waiting`,
    `${number(inFlight)} in flight`
  ]
  const sentence = `${number(matched)} matched = ${parts.join(" + ")}`
  return replayed === 0 ? sentence : `${sentence} · ${number(replayed)} replayed`
}

const textPart = (rule: RuleView): HTMLElement => {
  const place = element("pre", "rule-text", "Loading …")
  place.tabIndex = 0
  place.setAttribute("role", "group")
  place.setAttribute("aria-label", `Text of rule ${rule.name}`)
  getRuleText(rule.name).then(
    ({ text }) => place.replaceChildren(...text.split("\n").flatMap((line) => [inert(line), "\n"])),
    (error) => place.replaceChildren(element("span", "trouble", messageOf(error)))
  )
  return place
}

const actionsOf = (rule: RuleView, { turn, edit, remove, showCalls }: RuleActions): HTMLElement => {
  const isOwn = rule.source === "api"
  const isKnown = rule.source !== "gone"
  return element("div", "actions", [
    ...(isOwn ? [button("Edit", () => edit(rule))] : []),
    ...(isKnown && !isOwn ? [button("Try", () => edit(rule))] : []),
    ...(isOwn ? [button(rule.isOn ? "Turn off" : "Turn on", () => turn(rule))] : []),
    button("Show its calls", () => showCalls(rule)),
    ...(isOwn ? [button("Remove", () => remove(rule), "danger")] : [])
  ])
}

const sourceText = ({ source }: RuleView): string => {
  if (source === "api") return "made here or by the API"
  if (source === "file") return "the file RULES; change it there"
  return "gone: removed, or RULES is not set for this viewer"
}

export const ruleDetails = (rule: RuleView, actions: RuleActions): ReadonlyArray<Node> => {
  const entries: ReadonlyArray<Definition> = [
    ["note", rule.note === "" ? undefined : inert(rule.note)],
    ["source", sourceText(rule)],
    ["when", rule.when === "" ? undefined : inert(rule.when)],
    ...rule.steps.map((step, i): Definition => [`step ${i + 1}`, inert(step)]),
    ...(rule.lines ?? []).map(
      (line): Definition => [line.rule === rule.name ? "ledger" : line.rule, lineText(line)]
    )
  ]
  return [
    ...(rule.problem === undefined ? [] : [element("p", "trouble", inert(rule.problem))]),
    element("dl", "", definitions(entries)),
    actionsOf(rule, actions),
    ...(rule.source === "gone" ? [] : [textPart(rule)])
  ]
}
