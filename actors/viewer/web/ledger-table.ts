/** The ledger as tables: a row per topic, the total, a row per queue, and a row per rule. */
import type { RuleTotals } from "../../../bridge/reaction-store/service.ts"
import type { Ledger, LedgerTotals, QueueRow } from "../../inspect/ledger/types.ts"
import { element } from "./element.ts"
import { known, number } from "./format.ts"
import { moment } from "./times.ts"

/** The parts that make up the received lines, and their names where a row is a card. */
const parts = [
  ["stored", "stored"],
  ["dead", "dead letters"],
  ["discarded", "discarded"],
  ["waiting", "waiting"],
  ["inFlight", "in flight"]
] as const

const countCell = (name: string, value: number | null, className = ""): HTMLTableCellElement => {
  const created = element("td", `number ${className}`.trim(), known(value, number))
  created.dataset.name = name
  if (value === 0) created.classList.add("nil")
  return created
}

const rowHead = (text: string): HTMLTableCellElement => {
  const created = element("th", "name", text)
  created.scope = "row"
  return created
}

const totalsRow = (name: string, totals: LedgerTotals): HTMLTableRowElement => {
  const sum = parts.reduce((total, [part]) => total + totals[part], 0)
  return element("tr", sum === totals.received ? "" : "off", [
    rowHead(name),
    countCell("received", totals.received, "received"),
    ...parts.map(([part, title]) =>
      countCell(title, totals[part], part === "dead" && totals.dead > 0 ? "bad" : "")
    ),
    countCell("replays", totals.replayed, "aside")
  ])
}

/** A row for each topic, and one for the lines whose topic has not been read yet. */
export const topicRows = ({ topics, unread }: Ledger): ReadonlyArray<HTMLTableRowElement> => {
  const rows = topics.map((totals) => totalsRow(totals.topic, totals))
  const { waiting, inFlight } = unread ?? { waiting: 0, inFlight: 0 }
  if (waiting + inFlight === 0) return rows
  const settled = { stored: 0, dead: 0, discarded: 0, replayed: 0 }
  const totals = { ...settled, waiting, inFlight, received: waiting + inFlight }
  return [...rows, totalsRow("(topic not read yet)", totals)]
}

/** The row of all topics; none when no queue could be counted. */
export const totalRows = ({ total }: Ledger): ReadonlyArray<HTMLTableRowElement> =>
  total === null ? [] : [totalsRow("All topics", total)]

const sinceCell = (since: number | undefined): HTMLTableCellElement => {
  const created = element("td", "", since === undefined ? "nothing claimed yet" : moment(since))
  created.dataset.name = "counted since"
  return created
}

const queueRow = ({ kind, address, trouble, since, account, deadLetters }: QueueRow): HTMLTableRowElement => {
  const head = rowHead(`${kind} ${address}`)
  if (account === undefined) {
    const inside = element("td", "bad", trouble ?? "unknown")
    inside.colSpan = 5
    return element("tr", "", [head, inside])
  }
  return element("tr", "", [
    head,
    sinceCell(since),
    countCell("received", account.received),
    countCell("waiting", account.waiting),
    countCell("in flight", account.inFlight),
    countCell("dead letters in list", deadLetters)
  ])
}

export const queueRows = ({ queues }: Ledger): ReadonlyArray<HTMLTableRowElement> => queues.map(queueRow)

const suppressedOf = ({ suppressed }: RuleTotals): number =>
  Object.values(suppressed).reduce((sum, count) => sum + count, 0)

/** The suppressed matches; the title has the reasons. */
const suppressedCell = (totals: RuleTotals): HTMLTableCellElement => {
  const created = countCell("suppressed", suppressedOf(totals))
  const reasons = Object.entries(totals.suppressed).map(([reason, count]) => `${reason}: ${number(count)}`)
  created.title = reasons.join(", ")
  return created
}

const ruleRow = (name: string, totals: RuleTotals): HTMLTableRowElement => {
  const { matched, delivered, dead, discarded, waiting, inFlight, replayed } = totals
  const sum = delivered + dead + discarded + suppressedOf(totals) + waiting + inFlight
  return element("tr", sum === matched ? "" : "off", [
    rowHead(name),
    countCell("matched", matched, "received"),
    countCell("delivered", delivered),
    countCell("dead letters", dead, dead > 0 ? "bad" : ""),
    countCell("discarded", discarded),
    suppressedCell(totals),
    countCell("waiting", waiting),
    countCell("in flight", inFlight),
    countCell("replays", replayed, "aside")
  ])
}

/** A row for each line of a rule. */
export const ruleRows = (rules: ReadonlyArray<RuleTotals>): ReadonlyArray<HTMLTableRowElement> =>
  rules.map((totals) => ruleRow(totals.rule, totals))

/** The row of all rules; none for a single one. */
export const allRulesRow = ({
  reactions,
  reactionsTotal
}: Pick<Ledger, "reactions" | "reactionsTotal">): ReadonlyArray<HTMLTableRowElement> =>
  reactions === null || reactionsTotal === null || reactions.length < 2
    ? []
    : [ruleRow("All rules", reactionsTotal)]
