/** The row of one event, its values to be chosen from, and the row that stands where events were left out. */
import { element, number, span } from "/page/frame.js"
import { meaningOf } from "/page/glossary.js"
import { hueOf, paint } from "/page/hue.js"
import { inert } from "/page/inert-text.js"
import { timeFormat } from "/page/zone.js"

/** How many columns the table shows: some are not there for some stages and on narrower screens. */
export const columns = () =>
  [...document.querySelectorAll(".events th")].filter((head) => head.offsetParent !== null).length || 1

const shownParams = 5
const longest = 160

const seconds = { hour: "2-digit", minute: "2-digit", second: "2-digit" }
const today = timeFormat({ ...seconds, fractionalSecondDigits: 3 })
const otherDay = timeFormat({ month: "short", day: "numeric", ...seconds })
const dayOf = timeFormat({ dateStyle: "short" })

const lastMoment = 8_640_000_000_000_000

/** A moment in the reader's zone to the millisecond, its exact value as its title. */
export const clock = (at) => {
  if (!(Math.abs(at) <= lastMoment)) return element("span", "", String(at))
  const date = new Date(at)
  const isToday = dayOf.format(date) === dayOf.format(new Date())
  const made = element("time", "", (isToday ? today : otherDay).format(date))
  made.dateTime = date.toISOString()
  made.title = `${made.dateTime} · ${at} ms`
  return made
}

/** A value that filters when it is chosen: `field` is a name of the filter, `name` that of a parameter. */
export const choice = (field, value, content = inert(value, longest), name = undefined) => {
  const made = chosen("button", field, value, content, name)
  if (made.type !== undefined) made.type = "button"
  return made
}

/**
 * In a row it is text, cut where the cell ends, and filters with Ctrl, since a plain click opens the row; among the
 * details it is a button.
 */
const chosen = (kind, field, value, content, name) => {
  if (value === masked) return element("span", "", content)
  const made = element(kind, "choice", content)
  made.dataset.field = field
  made.dataset.value = value
  if (name !== undefined) made.dataset.name = name
  const what = `only this ${name === undefined ? titles[field] : "parameter"}`
  const meaning = meaningOf(value)
  const does = kind === "button" ? `Show ${what}` : `Ctrl + click: ${what}`
  made.title = meaning === undefined ? does : `${meaning} ${does}`
  return made
}

const rowChoice = (field, value, content = inert(value, longest), name = undefined) =>
  chosen("span", field, value, content, name)

/** What stands for what VIEWER_MASK hides; nobody can look for it. */
const masked = "•••"

const titles = { type: "type", topic: "topic", country: "country", device: "device type", text: "text" }

const cell = (className, content = "") => {
  const made = element("td", className, content)
  made.setAttribute("role", "gridcell")
  return made
}

const chosenCell = (className, field, value, content) =>
  cell(className, value === "" ? "" : rowChoice(field, value, content))

const paramChoice = ([name, value]) => {
  const shown = [element("span", "name", [inert(name, longest), "="]), inert(value, longest)]
  return rowChoice("param", value, shown, name)
}

/** Those that were asked for stand first. */
const params = ({ params: all, reason }, asked) => {
  const list = all.toSorted((one, other) => Number(asked.has(other[0])) - Number(asked.has(one[0])))
  const made = list.slice(0, shownParams).flatMap((param) => [paramChoice(param), " "])
  if (list.length > shownParams) made.push(element("span", "more", `and ${list.length - shownParams} more`))
  if (reason !== undefined) made.unshift(element("span", "reason", inert(reason)), " ")
  return made
}

const where = ({ topic, partition, offset }) => {
  const made = topic === "" ? [] : [rowChoice("topic", topic)]
  if (partition !== undefined) made.push(element("span", "coordinates", ` / ${partition} / ${offset}`))
  return made
}

/** A type with its colour. */
export const typeMark = (type) => {
  const made = element("span", "dot swatch")
  paint(made, hueOf(type))
  return made
}

/** The row of an event; `asked` has the names of parameters to see first. The list opens it and hears its choices. */
export const eventRow = (event, asked) => {
  const row = element("tr", `event ${event.stage}`, [
    cell("time", clock(event.timestamp)),
    cell("type", [
      typeMark(event.type),
      event.type === "" ? "–" : rowChoice("type", `=${event.type}`, inert(event.type, longest))
    ]),
    cell("params", params(event, asked)),
    chosenCell("country", "country", event.country),
    chosenCell("device", "device", event.deviceType, inert(event.device || event.deviceType, longest)),
    cell("address", inert(event.address, longest)),
    cell("lag number", event.klag === undefined ? "" : span(event.klag)),
    cell("where", where(event))
  ])
  row.setAttribute("role", "row")
  row.setAttribute("aria-expanded", "false")
  row.tabIndex = -1
  return row
}

/** The row that stands where events are missing. */
export const gapRow = (count) => {
  const inside = cell("", `${number(count)} left out here: more came than could be shown`)
  inside.colSpan = columns()
  const row = element("tr", "gap-row", [inside])
  row.setAttribute("role", "row")
  return row
}
