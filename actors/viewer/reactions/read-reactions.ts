/**
 * The list of rules with their figures, from the rules in force and the ledger of the store. Lives as long as the viewer;
 * the store is read at most once a second, however many pages are open.
 */
import { Clock, Effect, Result } from "effect"
import type { ReactionLedger, ReactionStore, RuleTotals } from "../../../bridge/reaction-store/service.ts"
import type { Rule } from "../../../contracts/reactions/rule.ts"
import { reactionWarnings, totalOf } from "../../inspect/ledger/reactions.ts"
import { monotonicMillis } from "../../runtime/monotonic-clock.ts"
import type { KnownRules } from "./known-rules.ts"
import type { ReactionsView, RuleLine, RuleView } from "./messages.ts"
import { type LineRates, makeLineRates } from "./rates.ts"
import { stepTexts, typesOf, whenText } from "./rule-view.ts"

/** The rules and their figures. `readOnly`: why rules cannot be saved here. Never fails: what is unreadable is in `troubles`. */
export const makeReadReactions = Effect.fnUntraced(function* (
  store: ReactionStore["Service"],
  known: Effect.Effect<KnownRules>,
  readOnly: string | null
) {
  const rates = makeLineRates()
  const read = Effect.gen(function* () {
    const [rules, counted] = yield* Effect.all([known, Effect.result(store.ledger)], { concurrency: 2 })
    const at = yield* Clock.currentTimeMillis
    const ledger = Result.isSuccess(counted) ? counted.success : undefined
    const lines = ledger === undefined ? [] : [...ledger.rules, totalOf(ledger.rules)]
    if (ledger !== undefined) rates.record(yield* monotonicMillis, lines)
    const view: ReactionsView = {
      at,
      rules: rulesOf(rules, ledger, rates),
      fileProblem: rules.fileProblem ?? null,
      hasFile: rules.hasFile,
      total: ledger === undefined ? null : lineOf(totalOf(ledger.rules), rates),
      oldestWaiting: ledger?.oldestWaiting ?? null,
      warnings: ledger === undefined ? [] : reactionWarnings(ledger),
      troubles: [
        ...new Set([...rules.troubles, ...(Result.isFailure(counted) ? [counted.failure.message] : [])])
      ],
      readOnly
    }
    return view
  })
  return yield* Effect.cachedWithTTL(read, "1 second")
})

const lineOf = (totals: RuleTotals, rates: LineRates): RuleLine => ({
  ...totals,
  matchedRate: rates.rateOf(totals.rule, "matched"),
  deliveredRate: rates.rateOf(totals.rule, "delivered")
})

/** The rule that a line belongs to: `shop` for `shop/report`. */
const ruleOf = (line: string): string => line.split("/", 1)[0] ?? line

const rulesOf = (
  { rules }: KnownRules,
  ledger: ReactionLedger | undefined,
  rates: LineRates
): ReadonlyArray<RuleView> => {
  const lines = Map.groupBy(ledger?.rules ?? [], ({ rule }) => ruleOf(rule))
  const linesOf = (name: string): ReadonlyArray<RuleLine> | null => {
    if (ledger === undefined) return null
    const own = lines.get(name) ?? []
    lines.delete(name)
    return own.toSorted((a, b) => (a.rule < b.rule ? -1 : 1)).map((totals) => lineOf(totals, rates))
  }
  const listed = rules.map(
    ({ name, rule, source, problem }): RuleView => ({
      name,
      source,
      ...wordsOf(rule),
      ...(problem === undefined ? {} : { problem }),
      lines: linesOf(name)
    })
  )
  const gone = [...lines.keys()].map(
    (name): RuleView => ({ name, source: "gone", ...wordsOf(undefined), lines: linesOf(name) })
  )
  return [...listed, ...gone].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** What a rule says of itself; nothing when it cannot be read. */
const wordsOf = (rule: Rule | undefined) =>
  rule === undefined
    ? { isOn: false, note: "", types: [], when: "", steps: [] }
    : {
        isOn: rule.on !== false,
        note: rule.note ?? "",
        types: typesOf(rule),
        when: whenText(rule),
        steps: stepTexts(rule)
      }
