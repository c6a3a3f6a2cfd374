/** Menus that copy data, or parts of it, in several formats, or save it as a file. */
import { copyButton, type ReadText } from "./copy-button.ts"
import { element } from "./element.ts"

/** A text in each form: JSON, CSV, … */
export type Forms = Readonly<Record<string, ReadText>>

/** A part that can be copied: its name in the menu, its name for screen readers, and its text. */
export type ExportPart = readonly [name: string, what: string, forms: Forms]

type MenuRow = readonly [name: string, tools: ReadonlyArray<HTMLElement>]

const menu = (title: string, label: string, rows: ReadonlyArray<MenuRow>): HTMLDetailsElement => {
  const summary = element("summary", "small", title)
  if (label !== "") summary.setAttribute("aria-label", label)
  const lines = rows.map(([name, tools]) =>
    element("div", "export", [element("span", "name", name), element("span", "tools", tools)])
  )
  const created = element("details", "menu", [summary, element("div", "exports", lines)])
  created.addEventListener("keydown", (pressed) => {
    if (pressed.key !== "Escape" || !created.open) return
    created.open = false
    summary.focus()
    pressed.stopPropagation()
    pressed.preventDefault()
  })
  const closeOutside = ({ target }: Event): void => {
    if (!(target instanceof Node) || !created.contains(target)) created.open = false
  }
  created.addEventListener("toggle", () => {
    if (created.open) addEventListener("click", closeOutside)
    else removeEventListener("click", closeOutside)
  })
  return created
}

const copyButtons = (what: string, forms: Forms): ReadonlyArray<HTMLElement> =>
  Object.entries(forms).map(([form, text]) => copyButton(form, what, text))

/** A menu that copies any of these parts. */
export const copyMenu = (parts: ReadonlyArray<ExportPart>): HTMLDetailsElement =>
  menu(
    "Copy as …",
    "",
    parts.map(([name, what, forms]) => [name, copyButtons(what, forms)])
  )

/** A menu that copies one thing or saves it; `files` has a control that saves it in each form. */
export const exportMenu = (
  what: string,
  forms: Forms,
  files: ReadonlyArray<HTMLElement>
): HTMLDetailsElement =>
  menu("Export …", `Export ${what}`, [
    ["Copy", copyButtons(what, forms)],
    ["Save", files]
  ])
