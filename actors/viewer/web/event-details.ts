/** All of one event: its timeline, its decoded parts, and its raw text; each can be copied. */
import type { EventView } from "../../inspect/events/messages.ts"
import { copyButton } from "./copy-button.ts"
import { csvOf, eventsCsv, pairsCsv } from "./csv.ts"
import { type Content, element } from "./element.ts"
import { maxTextLength, type PairsPart, pairsPartsOf } from "./event-pairs.ts"
import { columnCount } from "./event-row.ts"
import { type TimelineSection, timelineSection } from "./event-timeline.ts"
import { copyMenu, type ExportPart, type Forms } from "./export-menu.ts"
import { explained } from "./glossary.ts"
import { inert } from "./inert-text.ts"
import { scrollingText } from "./scrolling-text.ts"
import { ownSteps } from "./timeline-line.ts"

/** Maximum number of pairs shown; all are copied. */
const maxPairs = 200

/** A longer raw text is cut, characters. */
const maxRawLength = 20_000

const json = (value: unknown): string => JSON.stringify(value, undefined, 2)

/** A part with its title. */
const part = (className: string, title: string, content: Content): HTMLElement => {
  const head = element("div", "part-head", element("h3", "", title))
  return element("section", className, [head, ...(Array.isArray(content) ? content : [content])])
}

const pairList = ({ pairs, contentOf }: PairsPart): HTMLElement => {
  if (pairs.length === 0) return element("p", "hint", "none")
  const list = element("dl")
  for (const pair of pairs.slice(0, maxPairs)) {
    const [name] = pair
    list.append(
      element("dt", "", explained(name, inert(name, maxTextLength))),
      element("dd", "", contentOf(pair))
    )
  }
  const rest = pairs.length - maxPairs
  if (rest > 0) list.append(element("dt", "", "…"), element("dd", "", `${rest} more; copy them to see all`))
  return list
}

/** The raw line of a stored event, if the viewer has it. */
export const linePart = (line: EventView | undefined): HTMLElement =>
  line === undefined
    ? element(
        "p",
        "hint",
        "The raw line is no longer available. It is kept only if a live list was open when the event passed."
      )
    : rawPart(line)

const isLine = ({ stage }: EventView): boolean => stage === "raw" || stage === "rejected"

const rawPart = (event: EventView): HTMLElement => {
  const title = isLine(event) ? "Line" : "Record"
  return part("raw", title, scrollingText(title, inert(event.raw, maxRawLength)))
}

const rawForms = ({ raw }: EventView, name: string): Forms => ({
  Text: () => raw,
  JSON: () => JSON.stringify(raw),
  CSV: () => csvOf([[name], [raw]])
})

const shareAddress = ({ id }: EventView): string =>
  new URL(`/events?event=${encodeURIComponent(id)}`, location.href).href

/** All that can be copied of the event, in one menu. */
const eventMenu = (
  event: EventView,
  parts: ReadonlyArray<PairsPart>,
  timeline: TimelineSection
): HTMLElement => {
  const raw = isLine(event) ? "line" : "record"
  const pairs = parts
    .filter((one) => one.pairs.length > 0)
    .map((one): ExportPart => {
      const forms = { JSON: () => json(one.pairs), CSV: () => pairsCsv(one.pairs) }
      return [one.title, one.what, forms]
    })
  return copyMenu([
    ["Event", "the event", { JSON: () => json(event), CSV: () => eventsCsv([event]) }],
    ["Timeline", "the timeline", timeline.forms],
    ...pairs,
    [raw === "line" ? "Line" : "Record", `the ${raw}`, rawForms(event, raw)]
  ])
}

const head = (event: EventView, menu: HTMLElement): HTMLElement =>
  element("div", "details-head", [
    element("h2", "", event.type === "" ? "(no type)" : inert(event.type, 400)),
    element("span", "tools", [
      ...(event.id === "" ? [] : [copyButton("Link", "the event", () => shareAddress(event))]),
      menu
    ])
  ])

const rejection = ({ reason, detail }: EventView): ReadonlyArray<HTMLElement> =>
  reason === undefined
    ? []
    : [element("p", "verdict bad", ["Rejected: ", inert(reason), ...(detail ? [": ", inert(detail)] : [])])]

/** The timeline of an event; shows the raw line of a stored event in `line` when the viewer has answered. */
const ownTimeline = (event: EventView, line: HTMLElement): TimelineSection =>
  timelineSection({
    id: event.id,
    knownSteps: ownSteps(event),
    onAnswer: (answer) => {
      if (event.stage === "stored" && answer.state === "stored") line.replaceChildren(linePart(answer.line))
    }
  })

/** All parts of an event as elements; `knownTimeline` is the section of its timeline if one exists already. */
export const eventParts = (event: EventView, knownTimeline?: TimelineSection): HTMLElement => {
  const line = element("div")
  const timeline = knownTimeline ?? ownTimeline(event, line)
  const parts = pairsPartsOf(event)
  return element("div", "event-parts", [
    head(event, eventMenu(event, parts, timeline)),
    ...rejection(event),
    timeline.place,
    element(
      "div",
      "part-columns",
      parts
        .filter(({ pairs, isAlwaysShown }) => isAlwaysShown || pairs.length > 0)
        .map((one) => part("pairs", one.title, pairList(one)))
    ),
    rawPart(event),
    line
  ])
}

/** The row below an event's that shows all of it. */
export const detailsRow = (event: EventView): HTMLTableRowElement => {
  const inside = element("td", "", eventParts(event))
  inside.colSpan = columnCount()
  inside.setAttribute("role", "gridcell")
  const row = element("tr", "details", [inside])
  row.setAttribute("role", "row")
  return row
}
