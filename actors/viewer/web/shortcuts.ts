/** The keys of a page, shown by `?` in a dialog that any key of its own closes. Listens for as long as the page is open. */
import { button, element } from "/page/frame.js"

const everywhere = [[["?"], "these keys"]]

/** Of each page that has more. */
const keysOf = {
  "/events": [
    [["/"], "to the filter"],
    [["↑", "↓"], "from row to row"],
    [["Home", "End"], "to the first or last row"],
    [["Enter"], "opens an event"],
    [["Esc"], "closes it, or leaves the filter"],
    [["Space"], "pauses and resumes"],
    [["Ctrl", "click"], "on a value: only events with it"]
  ],
  "/dead-letters": [[["Enter"], "on a line: opens the dead letter"]]
}

const dialogOf = (keys) => {
  const close = button("Close", () => made.close())
  const made = element("dialog", "shortcuts", [
    element("h2", "", "Keys"),
    element(
      "dl",
      "",
      keys.flatMap(([names, does]) => [
        element(
          "dt",
          "",
          names.flatMap((name) => [element("kbd", "", name), " "])
        ),
        element("dd", "", does)
      ])
    ),
    close
  ])
  made.setAttribute("aria-label", "Keys")
  made.addEventListener("close", () => made.remove())
  return made
}

/** Shows the keys of this page. */
export const showShortcuts = () => {
  if (document.querySelector("dialog[open]") !== null) return
  const page = location.pathname === "/kafidx" ? "/events" : location.pathname
  const dialog = dialogOf([...(keysOf[page] ?? []), ...everywhere])
  document.body.append(dialog)
  dialog.showModal()
}

const isField = (target) => target.closest("input, select, textarea, [contenteditable]") !== null

addEventListener("keydown", (pressed) => {
  const { key, target, ctrlKey, metaKey, altKey, defaultPrevented } = pressed
  if (key !== "?" || defaultPrevented || ctrlKey || metaKey || altKey || isField(target)) return
  pressed.preventDefault()
  showShortcuts()
})
