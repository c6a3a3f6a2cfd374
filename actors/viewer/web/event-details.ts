/** All of one event: its parts decoded, each to be copied and its values to be chosen, its bytes as text, its way. */
import { copyButton } from "/page/copying.js"
import { csvOf, eventsCsv, pairsCsv } from "/page/csv.js"
import { choice, clock, columns } from "/page/event-row.js"
import { exportMenu } from "/page/export-menu.js"
import { element, link, whereAddress } from "/page/frame.js"
import { explained } from "/page/glossary.js"
import { inert } from "/page/inert-text.js"
import { journeyForms, journeySection, ownSteps } from "/page/journey.js"

/** So many pairs are shown; all are copied. */
const mostPairs = 200
const longest = 4_000

const json = (value) => JSON.stringify(value, undefined, 2)

/** A part with its title. */
const part = (className, title, content) =>
  element("section", className, [element("div", "part-head", element("h3", "", title)), content])

const list = (pairs, shown) => {
  if (pairs.length === 0) return element("p", "hint", "none")
  const made = element("dl", "")
  for (const pair of pairs.slice(0, mostPairs)) {
    const name = element("dt", "", explained(pair[0], inert(pair[0], longest)))
    made.append(name, element("dd", "", shown(pair)))
  }
  if (pairs.length > mostPairs) {
    made.append(
      element("dt", "", "…"),
      element("dd", "", `${pairs.length - mostPairs} more; copy them to see all`)
    )
  }
  return made
}

const pairsPart = (title, pairs, shown) => part("pairs", title, list(pairs, shown))

const pairForms = (pairs) => ({ JSON: () => json(pairs), CSV: () => pairsCsv(pairs) })

const deviceNames = new Set([
  "type",
  "browser",
  "engine",
  "version",
  "os",
  "device",
  "device_name",
  "platform",
  "bot_name"
])
const placeNames = new Set(["country", "city", "ip"])

const metaGroups = ({ meta }) => {
  const device = meta.filter(([name]) => deviceNames.has(name))
  const place = meta.filter(([name]) => placeNames.has(name))
  const rest = meta.filter(([name]) => !deviceNames.has(name) && !placeNames.has(name))
  return { device, place, rest }
}

const metaValue = (event) => {
  const chosen = { country: "country", type: "device" }
  return ([name, value]) => {
    if (value === "") return element("span", "hint", "empty")
    const field = chosen[name]
    if (field !== undefined && value === (field === "country" ? event.country : event.deviceType))
      return choice(field, value, inert(value, longest))
    if (value === "XX") return explained(value)
    if (name === "ip" && event.address !== "" && event.address !== value)
      return [inert(event.address), element("span", "hint", [" = ", inert(value, longest)])]
    if (name === "ts") return timestamp(value)
    return inert(value, longest)
  }
}

/** Seconds or milliseconds since 1970. */
const timestamp = (text) => {
  const value = Number(text)
  if (!/^\d{9,14}$/.test(text)) return inert(text, longest)
  return [clock(value < 100_000_000_000 ? value * 1000 : value), element("span", "hint", ` = ${text}`)]
}

const paramValue = ([name, value]) =>
  choice("param", value, value === "" ? element("span", "hint", "empty") : inert(value, longest), name)

/** NOTE: the line of an event that waits or is set aside has no time of its own: its `timestamp` is 0. */
const coordinates = ({ topic, partition, offset, id, timestamp: at, stage, by }) =>
  [
    ["stage", stage],
    ["topic", topic],
    ["partition", partition === undefined ? undefined : String(partition)],
    ["offset", offset],
    ["time", at === 0 ? undefined : new Date(at).toISOString()],
    ["id", id === "" ? undefined : id],
    ["rejected by", by]
  ].filter(([, value]) => value !== undefined && value !== "")

const coordinate =
  ({ timestamp: at }) =>
  ([name, value]) => {
    if (name === "topic") return choice("topic", value)
    if (name === "time") return clock(at)
    if (name === "id")
      return [choice("text", value, inert(value)), " ", link(whereAddress(value), "ledger", "aside")]
    return inert(value)
  }

/** The line beside the record of an event that is stored, when the viewer has seen it pass. */
export const linePart = (line) =>
  line === undefined
    ? element(
        "p",
        "hint",
        "Its line has left the queue; lines are kept only of what came while somebody looked."
      )
    : rawPart(line)

const rawPart = ({ stage, raw }) => {
  const title = stage === "raw" || stage === "rejected" ? "Line" : "Record"
  const text = element("pre", "", inert(raw, 20_000))
  text.tabIndex = 0
  text.setAttribute("aria-label", title)
  return part("raw", title, text)
}

const rawForms = ({ raw }, name) => ({
  Text: () => raw,
  JSON: () => JSON.stringify(raw),
  CSV: () => csvOf([[name], [raw]])
})

const shareAddress = ({ id }) => new URL(`/events?event=${encodeURIComponent(id)}`, location.href).href

/** All that can be copied of the event, in one menu. */
const copyMenu = (event, { device, place, rest }, journey) => {
  const raw = event.stage === "raw" || event.stage === "rejected" ? "line" : "record"
  const pairs = [
    ["Parameters", "the parameters", event.params],
    ["Device", "the device", device],
    ["Place", "the place", place],
    ["Meta", "the meta data", rest],
    ["Coordinates", "the coordinates", coordinates(event)]
  ]
  return exportMenu([
    ["Event", "the event", { JSON: () => json(event), CSV: () => eventsCsv([event]) }],
    ["Journey", "the journey", journeyForms(journey)],
    ...pairs
      .filter(([, , list]) => list.length > 0)
      .map(([name, what, list]) => [name, what, pairForms(list)]),
    [raw === "line" ? "Line" : "Record", `the ${raw}`, rawForms(event, raw)]
  ])
}

const head = (event, groups, journey) =>
  element("div", "details-head", [
    element("h2", "", event.type === "" ? "(no type)" : inert(event.type, 400)),
    element("span", "tools", [
      ...(event.id === "" ? [] : [copyButton("Link", "the event", () => shareAddress(event))]),
      copyMenu(event, groups, journey)
    ])
  ])

const rejection = ({ reason, detail }) =>
  reason === undefined
    ? []
    : [element("p", "verdict bad", ["Rejected: ", inert(reason), detail ? [": ", inert(detail)] : ""].flat())]

/** Everything of an event, as elements; `journey` is the section of its way where there is one already. */
export const eventParts = (event, knownJourney = undefined) => {
  const line = element("div", "")
  const found = (told) => {
    if (event.stage === "stored" && told.state === "stored") line.replaceChildren(linePart(told.line))
  }
  const groups = metaGroups(event)
  const { device, place, rest } = groups
  const journey = knownJourney ?? journeySection(event.id, ownSteps(event), found)
  const shown = metaValue(event)
  return element("div", "event-parts", [
    head(event, groups, journey),
    ...rejection(event),
    journey,
    element("div", "part-columns", [
      pairsPart("Parameters", event.params, paramValue),
      ...(device.length > 0 ? [pairsPart("Device", device, shown)] : []),
      ...(place.length > 0 ? [pairsPart("Place", place, shown)] : []),
      ...(rest.length > 0 ? [pairsPart("Meta", rest, shown)] : []),
      pairsPart("Coordinates", coordinates(event), coordinate(event))
    ]),
    rawPart(event),
    line
  ])
}

/** The row below an event's that shows all of it. */
export const detailsRow = (event) => {
  const inside = element("td", "", eventParts(event))
  inside.colSpan = columns()
  inside.setAttribute("role", "gridcell")
  const row = element("tr", "details", [inside])
  row.setAttribute("role", "row")
  return row
}
