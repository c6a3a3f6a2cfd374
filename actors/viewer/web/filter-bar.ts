/** The fields of the filter. Live events are filtered shortly after the last key; a history search starts on demand. */
import type { Filter } from "../../inspect/events/messages.ts"
import { dateTimeField } from "./date-time-field.ts"
import { byIdAs } from "./element.ts"
import { type FilterName, filterNames, filterOf, type Selection } from "./event-filter.ts"

/** Delay after the last key before the filter applies, milliseconds. */
const typingDelayMs = 350

export interface FilterBarOptions {
  /** Called when the fields have changed. */
  readonly onChange: () => void
  /** Called when the fields apply at once. */
  readonly onSubmit: () => void
}

type Field = HTMLInputElement | HTMLSelectElement

/** The field of that name. Throws when the form has none. */
const fieldIn = (form: HTMLFormElement, name: string): Field => {
  const field = form.elements.namedItem(name)
  if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) return field
  throw new TypeError(`The form needs a field with the name "${name}".`)
}

const inputIn = (form: HTMLFormElement, name: string): HTMLInputElement => {
  const field = fieldIn(form, name)
  if (field instanceof HTMLInputElement) return field
  throw new TypeError(`The form needs an input with the name "${name}".`)
}

/** The button that shows all fields on narrow screens. */
const listenToUnfold = (form: HTMLFormElement): void => {
  const unfold = byIdAs("unfold", HTMLButtonElement)
  unfold.addEventListener("click", () => {
    const isUnfolded = form.classList.toggle("unfolded")
    unfold.setAttribute("aria-expanded", String(isUnfolded))
    unfold.textContent = isUnfolded ? "Fewer filters" : "More filters"
  })
}

export const filterBar = (form: HTMLFormElement, { onChange, onSubmit }: FilterBarOptions) => {
  const field = (name: FilterName | "order"): Field => fieldIn(form, name)
  const since = dateTimeField(inputIn(form, "since"))
  const until = dateTimeField(inputIn(form, "until"))
  const text = inputIn(form, "text")
  const clear = byIdAs("clear", HTMLButtonElement)
  let timer: ReturnType<typeof setTimeout> | undefined

  const submit = (): void => {
    clearTimeout(timer)
    onSubmit()
  }

  /** Marks the fields that are set. */
  const markSet = (): void => {
    let isAny = false
    for (const name of filterNames) {
      const isSet = field(name).value.trim() !== ""
      field(name).classList.toggle("set", isSet)
      isAny ||= isSet
    }
    clear.disabled = !isAny
  }

  form.addEventListener("input", () => {
    clearTimeout(timer)
    timer = setTimeout(onChange, typingDelayMs)
    markSet()
  })
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    submit()
  })
  form.addEventListener("reset", (event) => {
    event.preventDefault()
    for (const name of filterNames) field(name).value = ""
    submit()
  })
  for (const button of form.querySelectorAll<HTMLElement>("[data-minutes]"))
    button.addEventListener("click", () => {
      const { minutes = "" } = button.dataset
      since.set(minutes === "" ? undefined : Date.now() - Number(minutes) * 60_000)
      until.set(undefined)
      submit()
    })
  field("order").addEventListener("change", submit)
  listenToUnfold(form)

  return {
    /** The values of the fields. */
    read: (): Pick<Selection, "since" | "until" | "order"> & { readonly filter: Filter } => ({
      filter: filterOf((name) => field(name).value),
      since: since.read(),
      until: until.read(),
      order: field("order").value === "oldest" ? "oldest" : undefined
    }),
    show: (selection: Selection): void => {
      for (const name of filterNames) field(name).value = selection.filter[name] ?? ""
      since.set(selection.since)
      until.set(selection.until)
      field("order").value = selection.order ?? ""
      markSet()
    },
    /** Moves the keyboard focus to the field of free text. */
    enter: (): void => {
      text.focus()
      text.select()
    }
  }
}
