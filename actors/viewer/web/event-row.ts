/** The rows of the list of events: one per event, and one where events were left out. */
import type { Param } from "../../../contracts/wire/params.ts"
import type { EventView } from "../../inspect/events/messages.ts"
import { type Content, element } from "./element.ts"
import type { FilterName } from "./event-filter.ts"
import { choiceText } from "./filter-choice.ts"
import { number, span } from "./format.ts"
import { hueOf, setHue } from "./hue.ts"
import { inert } from "./inert-text.ts"
import { clock } from "./times.ts"

/** Number of visible columns; some are hidden for some stages and on narrow screens. */
export const columnCount = (): number =>
  [...document.querySelectorAll<HTMLElement>(".events th")].filter((head) => head.offsetParent !== null)
    .length || 1

const maxParams = 5

/** Longer values are cut, characters. */
const maxLength = 160

const cell = (className: string, content: Content = ""): HTMLTableCellElement => {
  const created = element("td", className, content)
  created.setAttribute("role", "gridcell")
  return created
}

const choiceCell = (className: string, field: FilterName, value: string, content?: Content) =>
  cell(className, value === "" ? "" : choiceText(field, value, content))

const paramText = ([name, value]: Param): HTMLElement => {
  const content = [element("span", "name", [inert(name, maxLength), "="]), inert(value, maxLength)]
  return choiceText("param", value, content, name)
}

/** The first parameters; those in the filter come first. */
const paramTexts = (
  { params, reason }: EventView,
  filtered: ReadonlySet<string>
): ReadonlyArray<string | Node> => {
  const ordered = params.toSorted(([a], [b]) => Number(filtered.has(b)) - Number(filtered.has(a)))
  const rest = params.length - maxParams
  return [
    ...(reason === undefined ? [] : [element("span", "reason", inert(reason)), " "]),
    ...ordered.slice(0, maxParams).flatMap((param) => [paramText(param), " "]),
    ...(rest > 0 ? [element("span", "more", `and ${rest} more`)] : [])
  ]
}

const positionInLog = ({ topic, partition, offset }: EventView): ReadonlyArray<Node> => [
  ...(topic === "" ? [] : [choiceText("topic", topic)]),
  ...(partition === undefined ? [] : [element("span", "coordinates", ` / ${partition} / ${offset ?? ""}`)])
]

/** The colour of a type. */
export const typeSwatch = (type: string): HTMLElement => {
  const created = element("span", "dot swatch")
  setHue(created, hueOf(type))
  return created
}

/** The row of an event; `filtered` has the names of parameters to show first. */
export const eventRow = (event: EventView, filtered: ReadonlySet<string>): HTMLTableRowElement => {
  const { type, deviceType } = event
  const row = element("tr", `event ${event.stage}`, [
    cell("time", clock(event.timestamp)),
    cell("type", [
      typeSwatch(type),
      type === "" ? "–" : choiceText("type", `=${type}`, inert(type, maxLength))
    ]),
    cell("params", paramTexts(event, filtered)),
    choiceCell("country", "country", event.country),
    choiceCell("device", "device", deviceType, inert(event.device || deviceType, maxLength)),
    cell("address", inert(event.address, maxLength)),
    cell("lag number", event.klag === undefined ? "" : span(event.klag)),
    cell("where", positionInLog(event))
  ])
  row.setAttribute("role", "row")
  row.setAttribute("aria-expanded", "false")
  row.tabIndex = -1
  return row
}

/** The row where events are missing. */
export const gapRow = (count: number): HTMLTableRowElement => {
  const inside = cell("", `${number(count)} left out here: too many to show`)
  inside.colSpan = columnCount()
  const row = element("tr", "gap-row", [inside])
  row.setAttribute("role", "row")
  return row
}
