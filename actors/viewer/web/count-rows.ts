/** The head and the rows of a table of counts, sorted by a column. */
import { button, element } from "./element.ts"
import { number } from "./format.ts"
import { explained } from "./glossary.ts"
import { inert } from "./inert-text.ts"
import type { TableRow } from "./viewer-api.ts"

type Value = TableRow[string]

const compare = (a: Value | undefined, b: Value | undefined): number =>
  typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b))

/** A column and its direction: 1 ascending, -1 descending. */
export interface Sorting {
  readonly column: string
  readonly direction: 1 | -1
}

/** The rows in that order; without a sorting, in the order of the counter. */
export const sortedRows = (
  rows: ReadonlyArray<TableRow>,
  sorting: Sorting | undefined
): ReadonlyArray<TableRow> =>
  sorting === undefined
    ? rows
    : rows.toSorted((a, b) => compare(a[sorting.column], b[sorting.column]) * sorting.direction)

/** The sorting after a press on a column: numbers descending or texts ascending, then reversed, then none. */
export const nextSorting = (
  sorting: Sorting | undefined,
  column: string,
  isNumeric: boolean
): Sorting | undefined => {
  const first = isNumeric ? -1 : 1
  if (sorting?.column !== column) return { column, direction: first }
  return sorting.direction === first ? { column, direction: isNumeric ? 1 : -1 } : undefined
}

/** Longer keys are cut, characters; the downloads have them whole. */
const maxKeyLength = 120

/** The column of counts; behind each count, its share of the largest is drawn. */
const countColumn = "events"

/** The largest count of the rows. */
export const maxCount = (rows: ReadonlyArray<TableRow>): number =>
  rows.reduce((max, { [countColumn]: count }) => (typeof count === "number" && count > max ? count : max), 0)

const keyText = (value: string): string | Node =>
  value === "" ? "(empty)" : explained(value, inert(value, maxKeyLength))

const bodyCell = (column: string, value: Value, max: number): HTMLTableCellElement => {
  if (typeof value !== "number") return element("td", "key", keyText(value))
  const created = element("td", "number", number(value))
  if (column === countColumn && max > 0) {
    created.classList.add("share")
    created.style.setProperty("--share", (value / max).toFixed(3))
  }
  return created
}

/** A row; `max` is the largest count of the table. */
export const bodyRow = (row: TableRow, max: number): HTMLTableRowElement =>
  element(
    "tr",
    "",
    Object.entries(row).map(([column, value]) => bodyCell(column, value, max))
  )

/** The head of a table; `onSort` is called with the column that was pressed. */
export const makeHead = (onSort: (column: string, isNumeric: boolean) => void) => {
  const place = element("tr")
  let cells: ReadonlyMap<string, HTMLTableCellElement> = new Map()

  const headCell = (column: string, value: Value): HTMLTableCellElement => {
    const isNumeric = typeof value === "number"
    const sorter = button(column, () => onSort(column, isNumeric), "plain sorter")
    const created = element("th", isNumeric ? "number" : "", sorter)
    created.scope = "col"
    return created
  }

  return {
    place,
    /** Shows the columns of that row, unless they are shown. */
    showColumns: (row: TableRow | undefined): void => {
      const columns = Object.entries(row ?? {})
      if (columns.map(([column]) => column).join("\n") === [...cells.keys()].join("\n")) return
      cells = new Map(columns.map(([column, value]) => [column, headCell(column, value)]))
      place.replaceChildren(...cells.values())
    },
    showSorting: (sorting: Sorting | undefined): void => {
      for (const [column, cell] of cells) {
        if (sorting?.column !== column) cell.removeAttribute("aria-sort")
        else cell.setAttribute("aria-sort", sorting.direction > 0 ? "ascending" : "descending")
      }
    }
  }
}
