/** Values of an event that set the filter when they are chosen. */
import { type Content, element } from "./element.ts"
import type { FilterName } from "./event-filter.ts"
import { meaningOf } from "./glossary.ts"
import { inert } from "./inert-text.ts"

/** A chosen value: the part of the filter to set, and for `param` the name of the parameter. */
export interface Choice {
  readonly field: string | undefined
  readonly value: string | undefined
  readonly name: string | undefined
}

/** The choice of an element that was made here. */
export const choiceOf = ({ dataset }: HTMLElement): Choice => ({
  field: dataset.field,
  value: dataset.value,
  name: dataset.name
})

/** Longer values are cut, characters. */
const maxLength = 160

/** Placeholder of the values that VIEWER_MASK hides; it cannot be a filter. */
const masked = "•••"

const titles: Readonly<Partial<Record<FilterName, string>>> = {
  type: "type",
  topic: "topic",
  country: "country",
  device: "device type",
  text: "text",
  param: "parameter"
}

const mark = (target: HTMLElement, action: string, field: FilterName, value: string, name?: string): void => {
  target.dataset.field = field
  target.dataset.value = value
  if (name !== undefined) target.dataset.name = name
  const effect = `${action} only events with this ${titles[field] ?? field}`
  const meaning = meaningOf(value)
  target.title = meaning === undefined ? effect : `${meaning} ${effect}`
}

/** A value as a button that sets the filter; `name` is that of a parameter. */
export const choiceButton = (
  field: FilterName,
  value: string,
  content: Content = inert(value, maxLength),
  name?: string
): HTMLElement => {
  if (value === masked) return element("span", "", content)
  const created = element("button", "choice", content)
  created.type = "button"
  mark(created, "Show", field, value, name)
  return created
}

/** A value in a row: text that is cut at the end of its cell and sets the filter with Ctrl, since a click opens the row. */
export const choiceText = (
  field: FilterName,
  value: string,
  content: Content = inert(value, maxLength),
  name?: string
): HTMLElement => {
  if (value === masked) return element("span", "", content)
  const created = element("span", "choice", content)
  mark(created, "Ctrl + click: show", field, value, name)
  return created
}
