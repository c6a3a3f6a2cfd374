/** The row of one dead letter in the list. */
import { element, link, moment, number } from "/page/frame.js"

/** Where a letter has its own page. */
export const letterAddress = (address) => `/dead-letters/letter?address=${encodeURIComponent(address)}`

/** The beginning of a line, and how much more there is. */
export const lineText = ({ line, size, isWhole }) => {
  if (line === "") return "(empty)"
  return isWhole ? line : `${line}… ${number(size)} bytes`
}

/** The fields in their order, whichever way the writing in one of them goes. */
const fields = (text) =>
  text
    .split(" ")
    .flatMap((field, i) => (i === 0 ? [element("bdi", "", field)] : [" ", element("bdi", "", field)]))

/** A letter that is not of Spoor's making has nothing but its line. */
export const letterRow = (letter, onChoice) => {
  const isOurs = letter.id !== undefined
  const box = element("input", "")
  box.type = "checkbox"
  box.value = letter.address
  box.setAttribute("aria-label", `Select ${letter.address}`)
  box.addEventListener("change", onChoice)
  const line = link(letterAddress(letter.address), fields(lineText(letter)), "line")
  line.dir = "ltr"
  const row = element("tr", "letter", [
    element("td", "choice", box),
    element("td", "set-aside", isOurs ? moment(letter.last) : "–"),
    element("td", "reason", isOurs ? letter.reason : "not from Spoor"),
    element("td", "stage", letter.stage ?? "–"),
    element("td", "attempts number", isOurs ? number(letter.attempts) : "–"),
    element("td", "topic", letter.topic ?? "–"),
    element("td", "content", line)
  ])
  row.addEventListener("click", (clicked) => {
    const { target, ctrlKey, metaKey, shiftKey, altKey } = clicked
    const isOwn = target.closest("a, input, .choice") !== null || ctrlKey || metaKey || shiftKey || altKey
    if (!isOwn && (getSelection()?.isCollapsed ?? true)) line.click()
  })
  return row
}
