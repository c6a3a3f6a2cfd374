/** The rows of the live list: one for an event, one for its details, one for events that were dropped. */
import { definitions, element, link, number, whereAddress } from "/page/frame.js"

const columns = 8

const times = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" })

const cell = (className, text) => element("td", className, text)

const lag = (milliseconds) => {
  if (milliseconds === undefined) return ""
  return Math.abs(milliseconds) < 10_000 ? `${number(milliseconds)} ms` : `${number(milliseconds / 1000)} s`
}

const pairs = (title, list) => {
  const names = element("dl", "", definitions(list))
  return element("section", "", [
    element("h2", "", title),
    list.length === 0 ? element("p", "", "none") : names
  ])
}

const details = (event) => {
  const inside = element("td", "", [
    element("section", "raw", [element("h2", "", "Record"), element("pre", "", event.raw)]),
    pairs("Parameters", event.params),
    pairs("Meta", event.meta),
    pairs("Place", [
      ["topic", event.topic],
      ["partition", String(event.partition)],
      ["offset", event.offset],
      ["stored", new Date(event.timestamp).toISOString()],
      ["id", event.id],
      ["where is it?", event.id === "" ? undefined : link(whereAddress(event.id), "look in the ledger")]
    ])
  ])
  inside.colSpan = columns
  return element("tr", "details", [inside])
}

const toggle = (row, event) => {
  const isOpen = row.getAttribute("aria-expanded") === "true"
  row.setAttribute("aria-expanded", String(!isOpen))
  if (isOpen) row.nextElementSibling.remove()
  else row.after(details(event))
}

const next = (row, sibling) => {
  let other = row[sibling]
  while (other !== null && !other.classList.contains("event")) other = other[sibling]
  return other
}

const onKey = (pressed, row, event) => {
  if (pressed.key === "Enter" || pressed.key === " ") toggle(row, event)
  else if (pressed.key === "ArrowDown") next(row, "nextElementSibling")?.focus()
  else if (pressed.key === "ArrowUp") next(row, "previousElementSibling")?.focus()
  else return
  pressed.preventDefault()
}

/** The row of an event; clicking it, or Enter, shows all of it. */
export const eventRow = (event) => {
  const time = cell("time", times.format(event.timestamp))
  time.title = new Date(event.timestamp).toISOString()
  const row = element("tr", "event", [
    cell("place", `${event.topic} / ${event.partition} / ${event.offset}`),
    time,
    cell("lag number", lag(event.klag)),
    cell("address", event.address),
    cell("type", event.type),
    cell("country", event.country),
    cell("device", event.device),
    cell("params", event.params.map(([name, value]) => `${name}=${value}`).join("  "))
  ])
  row.tabIndex = 0
  row.setAttribute("aria-expanded", "false")
  row.addEventListener("click", () => toggle(row, event))
  row.addEventListener("keydown", (pressed) => onKey(pressed, row, event))
  return row
}

/** The row that stands where events are missing. */
export const droppedRow = (count) => {
  const inside = cell("", `${number(count)} dropped: more came than could be shown`)
  inside.colSpan = columns
  return element("tr", "dropped", [inside])
}
