/** The table of rules: a row per rule with its line in the ledger, updated in place, and its details on demand. */
import type { RuleTotals } from "../../../bridge/reaction-store/service.ts"
import type { ReactionsView, RuleLine, RuleView } from "../reactions/messages.ts"
import { element } from "./element.ts"
import { known, number, rate } from "./format.ts"
import { inert } from "./inert-text.ts"
import { makeKeyedRows, type ShownItem } from "./keyed-rows.ts"
import { makeRowWithDetails } from "./row-details.ts"
import { type RuleActions, ruleDetails } from "./rule-details.ts"
import { makeSparkline } from "./sparkline.ts"
import { setData, setText } from "./update-element.ts"

/** Rules shown at most; others are found by the filter. */
const maxRows = 200

export const suppressedOf = ({ suppressed }: Pick<RuleTotals, "suppressed">): number =>
  Object.values(suppressed).reduce((sum, count) => sum + count, 0)

/** The columns of a line and their names where a row is a card. */
const columns: ReadonlyArray<readonly [name: string, count: (line: RuleTotals) => number]> = [
  ["matched", ({ matched }) => matched],
  ["delivered", ({ delivered }) => delivered],
  ["dead", ({ dead }) => dead],
  ["discarded", ({ discarded }) => discarded],
  ["suppressed", suppressedOf],
  ["waiting", ({ waiting }) => waiting],
  ["in flight", ({ inFlight }) => inFlight]
]

/** The rule's own line; undefined before its first match. */
export const ownLine = ({ name, lines }: RuleView): RuleLine | undefined =>
  lines?.find(({ rule }) => rule === name)

/** A figure of the rule: a rule that never matched has 0, one whose line cannot be read a dash. */
const figureOf = (rule: RuleView, count: (line: RuleTotals) => number): number | undefined => {
  if (rule.lines === null) return undefined
  const line = ownLine(rule)
  return line === undefined ? 0 : count(line)
}

const cell = (name: string, className = "number"): HTMLTableCellElement => {
  const created = element("td", className)
  created.dataset.name = name
  return created
}

/** Longer texts of a rule are cut in the list, characters; its details have them whole. */
const maxSummaryLength = 160

const sourceNames: Readonly<Record<RuleView["source"], string>> = { file: "file", api: "API", gone: "gone" }

const makeSwitch = (actions: RuleActions) => {
  let current: RuleView | undefined
  const place = cell("on", "on")
  const control = element("button", "switch")
  control.type = "button"
  control.setAttribute("role", "switch")
  control.addEventListener("click", () => {
    if (current !== undefined) actions.turn(current)
  })
  const fixed = element("span", "fixed")
  place.append(control, fixed)
  const show = (rule: RuleView): void => {
    current = rule
    const isFixed = rule.source !== "api"
    control.hidden = isFixed
    fixed.hidden = !isFixed
    setText(control, rule.isOn ? "on" : "off")
    control.setAttribute("aria-checked", String(rule.isOn))
    control.setAttribute("aria-label", `Rule ${rule.name} is on`)
    setText(fixed, rule.source === "gone" ? "–" : rule.isOn ? "on" : "off")
  }
  return { place, show }
}

const makeRule =
  (actions: RuleActions) =>
  (first: RuleView): ShownItem<RuleView> => {
    let current = first
    const columnCount = columns.length + 3
    const made = makeRowWithDetails(inert(first.name), columnCount, () => ruleDetails(current, actions))
    const source = element("span", "source")
    const when = element("span", "when")
    const does = element("span", "does")
    const head = element("th", "name", [made.toggle, source, when, does])
    head.scope = "row"
    const onOff = makeSwitch(actions)
    const perSecond = element("span")
    const graph = makeSparkline()
    const rateCell = cell("matched/s", "number rate")
    rateCell.append(perSecond, graph.place)
    const cells = columns.map(([name]) => cell(name))
    made.row.append(head, onOff.place, rateCell, ...cells)

    const show = (rule: RuleView): void => {
      const { lines, isOn, problem, source: from } = rule
      const isChanged = JSON.stringify({ ...rule, lines: [] }) !== JSON.stringify({ ...current, lines: [] })
      current = rule
      setText(source, problem === undefined ? sourceNames[from] : `${sourceNames[from]}, not in force`)
      setData(source, "bad", String(problem !== undefined))
      when.replaceChildren(inert(rule.when, maxSummaryLength))
      does.replaceChildren(inert(rule.steps.join(", then "), maxSummaryLength))
      setData(made.row, "off", String(!isOn))
      onOff.show(rule)
      const perSecondNow =
        lines === null ? null : (ownLine(rule)?.matchedRate ?? (lines.length === 0 ? 0 : null))
      setText(perSecond, known(perSecondNow, rate))
      graph.add(perSecondNow)
      for (const [i, [name, count]] of columns.entries()) {
        const place = cells[i]
        const figure = figureOf(rule, count)
        if (place === undefined) continue
        setText(place, known(figure, number))
        setData(place, "bad", String(name === "dead" && (figure ?? 0) > 0))
        place.classList.toggle("nil", figure === 0)
      }
      if (isChanged) made.refresh()
    }
    return { rows: made.rows, show }
  }

/** The fields of the filter. */
export interface RuleFilter {
  readonly text: string
  readonly source: string
  readonly state: string
}

const isInState = (rule: RuleView, state: string): boolean => {
  if (state === "on") return rule.isOn
  if (state === "off") return !rule.isOn
  const figure = (part: "waiting" | "dead"): number =>
    (rule.lines ?? []).reduce((sum, line) => sum + line[part], 0)
  if (state === "waiting" || state === "dead") return figure(state) > 0
  return true
}

export const isWanted = (rule: RuleView, { text, source, state }: RuleFilter): boolean => {
  const searched = text.trim().toLowerCase()
  const isFound = [rule.name, ...rule.types].some((one) => one.toLowerCase().includes(searched))
  return isFound && (source === "" || rule.source === source) && isInState(rule, state)
}

/** Fills the table; returns a function that shows the rules that the filter selects, and says how many. */
export const makeRules = (body: HTMLElement, actions: RuleActions) => {
  const showRows = makeKeyedRows(body, ({ name }: RuleView) => name, makeRule(actions))
  return ({ rules }: Pick<ReactionsView, "rules">, filter: RuleFilter): string => {
    const wanted = rules.filter((rule) => isWanted(rule, filter))
    showRows(wanted.slice(0, maxRows))
    if (wanted.length > maxRows) return `the first ${number(maxRows)} of ${number(wanted.length)}`
    return wanted.length === rules.length ? "" : `${number(wanted.length)} of ${number(rules.length)}`
  }
}
