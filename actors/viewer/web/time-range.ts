/** The range of time of the numbers: all that was counted, or from one moment to another. Stands in the address. */
import { button, element } from "/page/frame.js"
import { momentField } from "/page/moment-field.js"
import { zoneName } from "/page/zone.js"

/** A moment of an address: milliseconds since 1970, or ISO 8601. */
const momentOf = (text) => {
  const at = /^\d+$/.test(text ?? "") ? Number(text) : Date.parse(text ?? "")
  return Math.abs(at) <= 8_640_000_000_000_000 ? at : undefined
}

const field = (name, title, value) => {
  const input = element("input", "")
  input.type = "datetime-local"
  input.step = "1"
  input.name = name
  const moment = momentField(input)
  moment.set(value)
  return [moment, input, element("label", "moment", [element("span", "", title), " ", input])]
}

/** What the address asks for: milliseconds since 1970; undefined for all that was counted. */
export const rangeAsked = () => {
  const given = new URLSearchParams(location.search)
  const since = momentOf(given.get("since"))
  return since === undefined ? undefined : { since, until: momentOf(given.get("until")) }
}

/** The same for the viewer's own addresses: "" or beginning with "?". */
export const rangeQuery = (range) => {
  if (range === undefined) return ""
  const until = range.until === undefined ? {} : { until: String(range.until) }
  return `?${new URLSearchParams({ since: String(range.since), ...until })}`
}

const go = (range) => {
  const iso = (at) => new Date(at).toISOString()
  const until = range?.until === undefined ? {} : { until: iso(range.until) }
  const search = range === undefined ? "" : `?${new URLSearchParams({ since: iso(range.since), ...until })}`
  location.assign(`${location.pathname}${search}`)
}

/** The fields and what they do, in a form. */
export const rangeForm = (range) => {
  const [since, sinceInput, sinceLabel] = field("since", "Since", range?.since)
  const [until, , untilLabel] = field("until", "Until", range?.until)
  sinceInput.required = true
  const show = element("button", "", "Show")
  show.type = "submit"
  const all = button("All time", () => go(undefined))
  all.hidden = range === undefined
  const form = element("form", "range", [sinceLabel, untilLabel, show, all])
  form.setAttribute("aria-label", `Range of time, ${zoneName}`)
  form.title = `Times in ${zoneName}`
  form.addEventListener("submit", (submitted) => {
    submitted.preventDefault()
    const from = since.read()
    if (from !== undefined) go({ since: from, until: until.read() })
  })
  return form
}
