/**
 * The arithmetic of the ledger's lines of rules: `matched = delivered + dead + discarded + suppressed + waiting + in
 * flight`. The store counts a match when it is written and its outcome when it is settled, and separately the deliveries
 * where they are: counts that agree only if none is lost. Pure.
 */
import type { ReactionLedger, RuleTotals } from "../../../bridge/reaction-store/service.ts"
import type { QueuesLedger } from "./reconcile.ts"
import type { Ledger } from "./types.ts"

/** The counts of the store of reactions, or its error. */
export type ReactionCount = { readonly ledger: ReactionLedger } | { readonly trouble: string }

/** The suppressed matches of a rule, for all reasons. */
export const suppressedIn = ({ suppressed }: Pick<RuleTotals, "suppressed">): number =>
  Object.values(suppressed).reduce((sum, count) => sum + count, 0)

/** Matches of the rule that are in no state; below 0, states without a match. 0 when its line adds up. */
export const missingIn = (totals: RuleTotals): number => {
  const { matched, delivered, dead, discarded, waiting, inFlight } = totals
  return matched - delivered - dead - discarded - suppressedIn(totals) - waiting - inFlight
}

/** A sentence for each discrepancy of the lines; none when everything adds up. */
export const reactionWarnings = ({ rules, waiting, inFlight }: ReactionLedger): ReadonlyArray<string> => {
  const lines = rules.flatMap((totals) => {
    const missing = missingIn(totals)
    if (missing === 0) return []
    const what = missing > 0 ? `${many(missing)} in no state` : `its states hold ${-missing} more`
    return [
      `Rule ${totals.rule} matched ${totals.matched} times, but ${what}: its counts were changed or lost.`
    ]
  })
  return [
    ...lines,
    ...inPlace("waiting", sumOf(rules, "waiting"), waiting),
    ...inPlace("in flight", sumOf(rules, "inFlight"), inFlight)
  ]
}

const inPlace = (what: string, counted: number, found: number): ReadonlyArray<string> =>
  counted === found
    ? []
    : [`The rules count ${counted} as ${what}, but the store of reactions holds ${found}.`]

const sumOf = (rules: ReadonlyArray<RuleTotals>, part: "waiting" | "inFlight"): number =>
  rules.reduce((sum, totals) => sum + totals[part], 0)

const many = (count: number): string => (count === 1 ? "1 match is" : `${count} matches are`)

/** All rules together, with the reasons added up. The name of its line is empty. */
export const totalOf = (rules: ReadonlyArray<RuleTotals>): RuleTotals => {
  const suppressed: Record<string, number> = {}
  for (const rule of rules)
    for (const [reason, count] of Object.entries(rule.suppressed))
      suppressed[reason] = (suppressed[reason] ?? 0) + count
  const sum = (part: Exclude<keyof RuleTotals, "rule" | "suppressed">): number =>
    rules.reduce((total, totals) => total + totals[part], 0)
  return {
    rule: "",
    matched: sum("matched"),
    delivered: sum("delivered"),
    dead: sum("dead"),
    discarded: sum("discarded"),
    replayed: sum("replayed"),
    suppressed,
    waiting: sum("waiting"),
    inFlight: sum("inFlight")
  }
}

/** The whole ledger. Reactions that could not be read hide nothing of the queues, and queues nothing of the reactions. */
export const withReactions = (queues: QueuesLedger, count: ReactionCount): Ledger => {
  if ("trouble" in count)
    return {
      ...queues,
      reactions: null,
      reactionsTotal: null,
      reactionsTrouble: count.trouble,
      complete: false
    }
  const warnings = reactionWarnings(count.ledger)
  return {
    ...queues,
    reactions: count.ledger.rules.toSorted((a, b) => (a.rule < b.rule ? -1 : 1)),
    reactionsTotal: totalOf(count.ledger.rules),
    reactionsTrouble: undefined,
    warnings: [...queues.warnings, ...warnings],
    balanced: warnings.length === 0 ? queues.balanced : false
  }
}
