/** A row of a table with a button that opens a row of details below it. The details are built when they are opened. */
import { button, type Content, element } from "./element.ts"

export interface RowWithDetails {
  readonly row: HTMLTableRowElement
  readonly toggle: HTMLButtonElement
  /** The row, and the open details. */
  readonly rows: () => ReadonlyArray<HTMLElement>
  readonly isOpen: () => boolean
  /** Builds the details again, if they are open. */
  readonly refresh: () => void
}

/**
 * `title`: the content of the button, which the caller puts into a cell; `columns`: the width of the table; `details`
 * builds the content of the details.
 */
export const makeRowWithDetails = (
  title: Content,
  columns: number,
  details: () => ReadonlyArray<Node>
): RowWithDetails => {
  const row = element("tr")
  let below: HTMLTableRowElement | undefined
  const open = (): void => {
    const cell = element("td", "", details())
    cell.colSpan = columns
    below = element("tr", "row-details", cell)
    row.after(below)
    toggle.setAttribute("aria-expanded", "true")
  }
  const close = (): void => {
    below?.remove()
    below = undefined
    toggle.setAttribute("aria-expanded", "false")
  }
  const toggle = button(title, () => (below === undefined ? open() : close()), "plain opens")
  toggle.setAttribute("aria-expanded", "false")
  toggle.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") close()
  })
  return {
    row,
    toggle,
    rows: () => (below === undefined ? [row] : [row, below]),
    isOpen: () => below !== undefined,
    refresh: () => below?.firstElementChild?.replaceChildren(...details())
  }
}
