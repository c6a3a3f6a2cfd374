/** The ledger's lines of rules, as plain text for people. Pure. */
import type { RuleTotals } from "../../../bridge/reaction-store/service.ts"
import { suppressedIn } from "../../inspect/ledger/reactions.ts"
import type { Ledger } from "../../inspect/ledger/types.ts"
import { number, plain, table } from "../../inspect/plain-text.ts"

const columns = [
  ["matched", ({ matched }) => matched],
  ["delivered", ({ delivered }) => delivered],
  ["dead letters", ({ dead }) => dead],
  ["discarded", ({ discarded }) => discarded],
  ["suppressed", suppressedIn],
  ["waiting", ({ waiting }) => waiting],
  ["in flight", ({ inFlight }) => inFlight],
  ["(replayed)", ({ replayed }) => replayed]
] as const satisfies ReadonlyArray<readonly [string, (totals: RuleTotals) => number]>

/** The equation of all rules, a table with a line for each, and the reasons of suppression; nothing without reactions. */
export const reactionsText = ({
  reactions,
  reactionsTotal: total,
  reactionsTrouble
}: Pick<Ledger, "reactions" | "reactionsTotal" | "reactionsTrouble">): ReadonlyArray<string> => {
  if (reactions?.length === 0) return []
  if (reactions === null || total === null)
    return ["", `Reactions: unknown. ${plain(reactionsTrouble ?? "")}`.trimEnd()]
  const rows = reactions.map((totals) => [plain(totals.rule), ...cellsOf(totals)])
  if (rows.length > 1) rows.push(["all rules", ...cellsOf(total)])
  const headings = columns.map(([name]) => name)
  return [
    "",
    equation(total),
    "",
    table(["rule", ...headings], rows, new Set(headings)),
    ...reactions.flatMap(({ rule, suppressed }) => reasonsLine(rule, suppressed))
  ]
}

const cellsOf = (totals: RuleTotals): ReadonlyArray<string> =>
  columns.map(([, count]) => number(count(totals)))

const equation = (totals: RuleTotals): string => {
  const { matched, delivered, dead, discarded, waiting, inFlight } = totals
  const parts = [
    `delivered ${number(delivered)}`,
    `dead-lettered ${number(dead)}`,
    ...(discarded === 0 ? [] : [`discarded ${number(discarded)}`]),
    `suppressed ${number(suppressedIn(totals))}`,
    `waiting ${number(waiting)}`,
    `in flight ${number(inFlight)}`
  ]
  return `matched ${number(matched)} = ${parts.join(" + ")}`
}

const reasonsLine = (rule: string, suppressed: RuleTotals["suppressed"]): ReadonlyArray<string> => {
  const reasons = Object.entries(suppressed).filter(([, count]) => count > 0)
  if (reasons.length === 0) return []
  return [
    `suppressed of ${plain(rule)}: ${reasons.map(([reason, count]) => `${plain(reason)} ${number(count)}`).join(", ")}`
  ]
}
