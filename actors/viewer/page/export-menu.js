/** One menu that copies what is shown, or any part of it, in one of several forms. */
import { copyButton } from "/page/copying.js"
import { element } from "/page/frame.js"

/**
 * @param {ReadonlyArray<[name: string, what: string, forms: Record<string, () => string>]>} parts each part by the name in
 *   its row, what it is called to those who only hear it, and its text in each form
 */
export const exportMenu = (parts) => {
  const summary = element("summary", "small", "Copy as …")
  const rows = parts.map(([name, what, forms]) =>
    element("div", "export", [
      element("span", "name", name),
      element(
        "span",
        "tools",
        Object.entries(forms).map(([form, text]) => copyButton(form, what, text))
      )
    ])
  )
  const made = element("details", "menu", [summary, element("div", "exports", rows)])
  made.addEventListener("keydown", (pressed) => {
    if (pressed.key !== "Escape" || !made.open) return
    made.open = false
    summary.focus()
    pressed.stopPropagation()
    pressed.preventDefault()
  })
  const close = ({ target }) => {
    if (!made.contains(target)) made.open = false
  }
  made.addEventListener("toggle", () => {
    if (made.open) addEventListener("click", close)
    else removeEventListener("click", close)
  })
  return made
}
