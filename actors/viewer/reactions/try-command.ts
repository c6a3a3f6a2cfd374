/** The command to try rules: finds the rules and the event that it names. Keeps nothing. */
import { Effect } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import type { Rule } from "../../../contracts/reactions/rule.ts"
import type { Mask } from "../../inspect/events/mask.ts"
import { namedVariables } from "../../rules/check-rule.ts"
import type { RuleVariables } from "../../rules/variables.ts"
import type { TryCommand } from "./commands.ts"
import type { KnownRules } from "./known-rules.ts"
import type { TriedRule, TryView } from "./messages.ts"
import { maskedSample, type SamplePlaces, sampleOf, triedRule } from "./try-rules.ts"
import { writtenRule } from "./written-rule.ts"

/** Rules in an answer at most. */
const maxResults = 50

/** Tries rules without sending anything. Fails with "unreadable" and a sentence for people. */
export const makeTry = (known: Effect.Effect<KnownRules>, mask: Mask, places: SamplePlaces) =>
  Effect.fnUntraced(function* (command: TryCommand) {
    const knownRules = yield* known
    const { renderer } = knownRules
    const rules = yield* rulesOf(command, knownRules)
    const found = yield* sampleOf(command, places)
    if (found === undefined) {
      const sentence = `${validText(rules)}${unsetText(rules, knownRules.variables)}`
      const view: TryView = { sentence, results: [], isMasked: false }
      return view
    }
    const sample = maskedSample(found, mask)
    const tried = rules.map((rule) => triedRule(rule, sample, renderer))
    const isNamed = command.rule !== undefined || command.text !== undefined
    const shown = isNamed ? tried : tried.filter(({ outcome }) => outcome !== "not matched")
    const sent = rules.filter((_, i) => tried[i]?.outcome === "sent")
    const view: TryView = {
      sentence: `${sentenceOf(tried, shown)}${unsetText(sent, knownRules.variables)}`.trim(),
      results: shown.slice(0, maxResults),
      isMasked: mask.isOn
    }
    return view
  })

const rulesOf = Effect.fnUntraced(function* ({ rule, text }: TryCommand, { rules, renderer }: KnownRules) {
  if (rule !== undefined && text !== undefined)
    return yield* refused("Send the name of a rule or the text of one, not both.")
  if (text !== undefined) return [yield* writtenRule({ text }, renderer)]
  const readable = rules.flatMap(
    (one): ReadonlyArray<Rule> => (one.rule === undefined || one.problem !== undefined ? [] : [one.rule])
  )
  if (rule === undefined) return readable
  const named = readable.filter(({ name }) => name === rule)
  return named.length > 0 ? named : yield* refused(`There is no rule "${rule}" in force.`)
})

const refused = (message: string) => Effect.fail(new Failure({ reason: "unreadable", message }))

const validText = (rules: ReadonlyArray<Rule>): string =>
  rules.length === 1
    ? "The rule is valid. Give an event to see what it would send."
    : `${rules.length} rules are valid. Give an event to see what they would send.`

/** The settings that these rules name and this process does not have. */
const unsetText = (rules: ReadonlyArray<Rule>, { vars, secrets }: RuleVariables): string => {
  const set = new Set([
    ...Object.keys(vars).map((name) => `RULES_VAR_${name}`),
    ...Object.keys(secrets).map((name) => `RULES_SECRET_${name}`)
  ])
  const unset = [...namedVariables(rules)].filter((name) => !set.has(name)).toSorted()
  return unset.length === 0 ? "" : ` Not set for this viewer, so it renders empty: ${unset.join(", ")}.`
}

const sentenceOf = (tried: ReadonlyArray<TriedRule>, shown: ReadonlyArray<TriedRule>): string => {
  if (shown.length > maxResults) return `${shown.length} rules match; the first ${maxResults} are shown.`
  if (shown.length === 0) return `None of the ${tried.length} rules matches.`
  return ""
}
