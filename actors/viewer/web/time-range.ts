/** The time range of the numbers: since counting began, or from one moment to another. It is part of the address. */
import { type DateTimeField, dateTimeField } from "./date-time-field.ts"
import { button, element } from "./element.ts"
import { momentIn } from "./event-filter.ts"
import { zoneName } from "./time-zone.ts"

/** Milliseconds since 1970; without `until`, to now. */
export interface TimeRange {
  readonly since: number
  readonly until: number | undefined
}

/** The range of the address; undefined for all time. */
export const requestedRange = (): TimeRange | undefined => {
  const query = new URLSearchParams(location.search)
  const since = momentIn(query.get("since"))
  return since === undefined ? undefined : { since, until: momentIn(query.get("until")) }
}

const queryOf = (range: TimeRange | undefined, textOf: (at: number) => string): string => {
  if (range === undefined) return ""
  const until = range.until === undefined ? {} : { until: textOf(range.until) }
  return `?${new URLSearchParams({ since: textOf(range.since), ...until })}`
}

/** The query of the viewer's API for a range: "" or beginning with "?". */
export const rangeQuery = (range: TimeRange | undefined): string => queryOf(range, String)

const goTo = (range: TimeRange | undefined): void =>
  location.assign(`${location.pathname}${queryOf(range, (at) => new Date(at).toISOString())}`)

interface LabelledField {
  readonly field: DateTimeField
  readonly input: HTMLInputElement
  readonly label: HTMLLabelElement
}

const labelledField = (name: string, title: string, value: number | undefined): LabelledField => {
  const input = element("input")
  input.type = "datetime-local"
  input.step = "1"
  input.name = name
  const field = dateTimeField(input)
  field.set(value)
  return { field, input, label: element("label", "moment", [element("span", "", title), " ", input]) }
}

/** The form that chooses the range. */
export const rangeForm = (range: TimeRange | undefined): HTMLFormElement => {
  const since = labelledField("since", "Since", range?.since)
  const until = labelledField("until", "Until", range?.until)
  since.input.required = true
  const show = element("button", "", "Show")
  show.type = "submit"
  const all = button("All time", () => goTo(undefined))
  all.hidden = range === undefined
  const form = element("form", "range", [since.label, until.label, show, all])
  form.setAttribute("aria-label", `Time range, ${zoneName}`)
  form.title = `Times in ${zoneName}`
  form.addEventListener("submit", (submitted) => {
    submitted.preventDefault()
    const from = since.field.read()
    if (from !== undefined) goTo({ since: from, until: until.field.read() })
  })
  return form
}
