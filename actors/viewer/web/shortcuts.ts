/** The keyboard shortcuts of a page, shown by `?` in a dialog. Listens for as long as the page is open. */
import { button, closest, element } from "./element.ts"

type Shortcut = readonly [keys: ReadonlyArray<string>, action: string]

const everywhere: ReadonlyArray<Shortcut> = [[["?"], "show these shortcuts"]]

/** Pages with shortcuts of their own. */
const shortcutsOf: Readonly<Record<string, ReadonlyArray<Shortcut>>> = {
  "/events": [
    [["/"], "go to the filter"],
    [["↑", "↓"], "previous or next row"],
    [["Home", "End"], "first or last row"],
    [["Enter"], "open an event"],
    [["Esc"], "close the event, or leave the filter"],
    [["Space"], "pause or resume"],
    [["Ctrl", "click"], "on a value: show only events with this value"]
  ],
  "/reactions": [
    [["/"], "go to the filter of rules"],
    [["Enter"], "on a rule or a call: open its details"],
    [["Esc"], "close the details, or the editor"]
  ],
  "/dead-letters": [[["Enter"], "on a line: open the dead letter"]]
}

const definitionOf = ([keys, action]: Shortcut): ReadonlyArray<HTMLElement> => [
  element(
    "dt",
    "",
    keys.flatMap((key) => [element("kbd", "", key), " "])
  ),
  element("dd", "", action)
]

const dialogOf = (shortcuts: ReadonlyArray<Shortcut>): HTMLDialogElement => {
  const created = element("dialog", "shortcuts")
  created.append(
    element("h2", "", "Keyboard shortcuts"),
    element("dl", "", shortcuts.flatMap(definitionOf)),
    button("Close", () => created.close())
  )
  created.setAttribute("aria-label", "Keyboard shortcuts")
  created.addEventListener("close", () => created.remove())
  return created
}

/** Shows the shortcuts of this page, unless a dialog is open. */
export const showShortcuts = (): void => {
  if (document.querySelector("dialog[open]") !== null) return
  const page = location.pathname === "/kafidx" ? "/events" : location.pathname
  const dialog = dialogOf([...(shortcutsOf[page] ?? []), ...everywhere])
  document.body.append(dialog)
  dialog.showModal()
}

const isField = (target: EventTarget | null): boolean =>
  closest(target, "input, select, textarea, [contenteditable]") !== undefined

/** Shows the shortcuts when `?` is pressed outside of a field. */
export const listenForShortcuts = (): void =>
  document.addEventListener("keydown", (pressed) => {
    const { key, target, ctrlKey, metaKey, altKey, defaultPrevented } = pressed
    if (key !== "?" || defaultPrevented || ctrlKey || metaKey || altKey || isField(target)) return
    pressed.preventDefault()
    showShortcuts()
  })
