/** The row of one dead letter in the list. */
import { deadLetterAddress } from "./addresses.ts"
import { closest, element, link } from "./element.ts"
import { known, number } from "./format.ts"
import { moment } from "./times.ts"
import type { ListedDeadLetter } from "./viewer-api.ts"

/** The beginning of a line, and its whole size. */
export const lineText = ({ line, size, isWhole }: ListedDeadLetter): string => {
  if (line === "") return "(empty)"
  return isWhole ? line : `${line}… ${number(size)} bytes`
}

/** The fields of a line, isolated, so that the text direction of one does not change their order. */
const isolatedFields = (text: string): ReadonlyArray<string | Node> =>
  text
    .split(" ")
    .flatMap((field, index) => (index === 0 ? [element("bdi", "", field)] : [" ", element("bdi", "", field)]))

const checkbox = (address: string, onSelect: () => void): HTMLInputElement => {
  const created = element("input")
  created.type = "checkbox"
  created.value = address
  created.setAttribute("aria-label", `Select ${address}`)
  created.addEventListener("change", onSelect)
  return created
}

/** Whether a click in the row has a meaning of its own, such as a selection, a new tab or a link. */
const hasOwnMeaning = ({ target, ctrlKey, metaKey, shiftKey, altKey }: MouseEvent): boolean =>
  closest(target, "a, input, .choice") !== undefined || ctrlKey || metaKey || shiftKey || altKey

/** A dead letter that was not written by Spoor has a line only. */
export const deadLetterRow = (deadLetter: ListedDeadLetter, onSelect: () => void): HTMLTableRowElement => {
  const { id, address, last, reason, stage, attempts, topic, detail } = deadLetter
  // Of a delivery, its rule and why it failed say more than its JSON.
  const text = stage === "deliverer" && detail !== undefined ? detail : lineText(deadLetter)
  const line = link(deadLetterAddress(address), isolatedFields(text), "line")
  line.dir = "ltr"
  const row = element("tr", "letter", [
    element("td", "choice", checkbox(address, onSelect)),
    element("td", "dead-lettered", last === undefined ? "–" : moment(last)),
    element("td", "reason", id === undefined ? "not from Spoor" : (reason ?? "–")),
    element("td", "stage", stage ?? "–"),
    element("td", "attempts number", known(attempts, number)),
    element("td", "topic", topic ?? "–"),
    element("td", "content", line)
  ])
  row.addEventListener("click", (clicked) => {
    if (!hasOwnMeaning(clicked) && (getSelection()?.isCollapsed ?? true)) line.click()
  })
  return row
}
