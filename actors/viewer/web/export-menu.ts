/** One menu that copies what is shown, or any part of it, in one of several forms, or keeps it as a file. */
import { copyButton } from "/page/copying.js"
import { element } from "/page/frame.js"

/**
 * @param {string} title what stands on it
 * @param {ReadonlyArray<[name: string, tools: ReadonlyArray<HTMLElement>]>} rows each with its name and what can be pressed
 */
export const menu = (title, rows) => {
  const summary = element("summary", "small", title)
  const lines = rows.map(([name, tools]) =>
    element("div", "export", [element("span", "name", name), element("span", "tools", tools)])
  )
  const made = element("details", "menu", [summary, element("div", "exports", lines)])
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

const copyButtons = (what, forms) => Object.entries(forms).map(([form, text]) => copyButton(form, what, text))

/**
 * @param {ReadonlyArray<[name: string, what: string, forms: Record<string, () => string>]>} parts each part by the name in
 *   its row, what it is called to those who only hear it, and its text in each form
 */
export const exportMenu = (parts) =>
  menu(
    "Copy as …",
    parts.map(([name, what, forms]) => [name, copyButtons(what, forms)])
  )

/**
 * Copies or keeps one thing.
 * @param {string} what it is called to those who only hear it
 * @param {Record<string, () => string | Promise<string>>} forms its text in each form
 * @param {ReadonlyArray<HTMLElement>} files what keeps it as a file in each form
 */
export const exportOf = (what, forms, files) => {
  const made = menu("Export …", [
    ["Copy", copyButtons(what, forms)],
    ["Save", files]
  ])
  made.firstElementChild.setAttribute("aria-label", `Export ${what}`)
  return made
}
