/** What rules would do for an event, as nodes. */
import type { TriedRule, TriedStep, TryView } from "../reactions/messages.ts"
import { element } from "./element.ts"
import { inert } from "./inert-text.ts"
import { messagePart } from "./reaction-calls.ts"

const stepPart = ({ title, headers, body, note, problem }: TriedStep, index: number): HTMLElement => {
  const name = `Step ${index + 1}`
  return element("div", "step", [
    ...(title === "" ? [element("h3", "", name)] : [messagePart(name, title, headers, body)]),
    ...(problem === undefined ? [] : [element("p", "trouble", inert(problem))]),
    ...(note === "" ? [] : [element("p", "hint", inert(note))])
  ])
}

const resultPart = ({ rule, event, outcome, why, often, steps }: TriedRule): ReadonlyArray<Node> => {
  const what = ["Rule ", element("b", "", inert(rule))]
  const which = [" the event ", element("b", "", inert(event.type)), ` in ${event.topic}`]
  const because = why === "" ? ["."] : [": ", inert(why), "."]
  if (outcome === "not matched") return [element("p", "", [...what, " does not match", ...which, ...because])]
  if (outcome === "suppressed")
    return [
      element("p", "remark", [...what, " matches", ...which, ", but nothing would be sent", ...because])
    ]
  return [
    element("p", "good", [...what, " matches", ...which, ". It would send:"]),
    ...(often === "" ? [] : [element("p", "hint", inert(`Limited: ${often}.`))]),
    element("div", "messages", steps.map(stepPart))
  ]
}

export const tryResult = ({ sentence, results, isMasked }: TryView): ReadonlyArray<HTMLElement> => [
  ...(sentence === "" ? [] : [element("p", "", inert(sentence))]),
  ...results.map((result) => element("div", "tried", resultPart(result))),
  ...(isMasked && results.length > 0
    ? [element("p", "hint", "VIEWER_MASK hides parts of events: the rule saw ••• in their place.")]
    : [])
]
