/** The form of a test event: its type, its parameters and a write key. */
import type { TestEvent } from "../../inspect/events/messages.ts"
import { button, element } from "./element.ts"

const textField = (text: string, label: string, className: string, maxLength: number): HTMLInputElement => {
  const created = element("input", className)
  created.value = text
  created.maxLength = maxLength
  created.spellcheck = false
  created.setAttribute("aria-label", label)
  created.placeholder = label.toLowerCase()
  return created
}

/** The fields of one parameter. */
const paramRow = (name: string, value: string): HTMLElement => {
  const row = element("div", "param", [
    textField(name, "Name", "param-name", 200),
    "=",
    textField(value, "Value", "param-value", 2_000)
  ])
  const remove = button("×", () => row.remove(), "small")
  remove.setAttribute("aria-label", "Remove this parameter")
  row.append(remove)
  return row
}

const paramIn = (row: Element): readonly [name: string, value: string] => {
  const [name, value] = row.querySelectorAll("input")
  return [name?.value ?? "", value?.value ?? ""]
}

const labelled = (text: string, input: HTMLElement): HTMLLabelElement =>
  element("label", "", [element("span", "", text), input])

/** The form; `onSubmit` is called when it is sent. */
export const testEventForm = (onSubmit: () => void) => {
  const type = element("input")
  type.value = "test_event"
  type.required = true
  type.maxLength = 200
  type.spellcheck = false
  const key = element("input")
  key.type = "password"
  key.autocomplete = "off"
  key.placeholder = "if required"
  const params = element("div", "params", [paramRow("source", "viewer")])
  const add = button("Add a parameter", () => {
    const row = paramRow("", "")
    params.append(row)
    row.querySelector("input")?.focus()
  })
  const send = element("button", "first", "Send")
  send.type = "submit"
  const place = element("form", "test-form", [
    labelled("Type", type),
    element("div", "field", [element("span", "", "Parameters"), params, add]),
    labelled("Write key", key),
    send
  ])
  place.autocomplete = "off"
  place.addEventListener("submit", (event) => {
    event.preventDefault()
    onSubmit()
  })

  return {
    place,
    /** The event in the fields. */
    read: (): TestEvent => ({
      type: type.value.trim(),
      params: Object.fromEntries(
        [...params.querySelectorAll(".param")].map(paramIn).filter(([name]) => name !== "")
      ),
      ...(key.value === "" ? {} : { key: key.value })
    }),
    setBusy: (isBusy: boolean): void => {
      send.disabled = isBusy
    },
    focus: (): void => type.focus()
  }
}
