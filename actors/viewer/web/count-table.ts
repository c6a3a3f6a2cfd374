/** A table of counts: sorted by any column, with the share of each row, to be copied, downloaded and reset. */
import type { ReadText } from "./copy-button.ts"
import { bodyRow, makeHead, maxCount, nextSorting, type Sorting, sortedRows } from "./count-rows.ts"
import { button, element, link } from "./element.ts"
import { exportMenu } from "./export-menu.ts"
import { firstEvent } from "./first-event.ts"
import { number } from "./format.ts"
import { resetButton } from "./reset-button.ts"
import type { TableRow } from "./viewer-api.ts"

/** Number of rows shown at first. */
const shownRows = 15

/** The content of a file of the viewer. */
const textOf =
  (address: string): ReadText =>
  async () => {
    const response = await fetch(address)
    if (!response.ok) throw new Error(`The viewer answered with status ${response.status}.`)
    return response.text()
  }

const downloadLink = (address: string, kind: string, title: string): HTMLAnchorElement => {
  const created = link(address, kind, "small")
  created.download = ""
  created.setAttribute("aria-label", `Download ${title} as ${kind}`)
  return created
}

/** `address` is that of the table's files without extension, `query` that of a time range. */
const tableExport = (title: string, address: string, query: string): HTMLElement => {
  const [csv, json] = [`${address}.csv${query}`, `${address}.json${query}`]
  return exportMenu(title, { CSV: textOf(csv), JSON: textOf(json) }, [
    downloadLink(csv, "CSV", title),
    downloadLink(json, "JSON", title)
  ])
}

/** Rows of a table that has been full have this column: an upper bound of the count. */
const boundColumn = "at most"
const fullText =
  "This table is full: new values replace those with the smallest counts. “events” is the count since the value was added, “at most” is an upper bound that includes counts from before, and (other) is the sum of all values without a row."

export interface CountTableOptions {
  readonly name: string
  /** The address of the table's files without extension. */
  readonly address: string
  /** The query of a time range; "" for all time. */
  readonly query: string
  /** Resets the counts; undefined when they cannot be reset. */
  readonly reset: (() => Promise<void>) | undefined
}

/** The empty state. */
const makeEmptyNote = (query: string) => {
  const place = element("div", "empty")
  const show = (isUnknown: boolean): void => {
    if (isUnknown) place.textContent = "Unknown."
    else if (query !== "") place.textContent = "Nothing was counted in this time range."
    else if (place.firstElementChild === null) place.replaceChildren(firstEvent("Nothing counted yet."))
  }
  return { place, show }
}

/** The table itself, with the button that shows all rows. */
const makeSortableTable = (title: string) => {
  let rows: ReadonlyArray<TableRow> = []
  let sorting: Sorting | undefined
  let isWhole = false
  const body = element("tbody")
  const head = makeHead((column, isNumeric) => {
    sorting = nextSorting(sorting, column, isNumeric)
    showRows()
  })
  const more = button(
    "",
    () => {
      isWhole = !isWhole
      showRows()
    },
    "plain more"
  )
  const table = element("table", "counts", [element("thead", "", head.place), body])
  table.setAttribute("aria-label", title)

  const showRows = (): void => {
    const sorted = sortedRows(rows, sorting)
    const max = maxCount(rows)
    body.replaceChildren(...sorted.slice(0, isWhole ? undefined : shownRows).map((row) => bodyRow(row, max)))
    more.hidden = sorted.length <= shownRows
    more.textContent = isWhole ? "Show fewer" : `Show all ${number(sorted.length)}`
    head.showSorting(sorting)
  }

  const show = (next: ReadonlyArray<TableRow>): void => {
    rows = next
    table.hidden = rows.length === 0
    head.showColumns(rows[0])
    showRows()
  }
  return { table, more, show }
}

export const makeCountTable = ({ name, address, query, reset }: CountTableOptions) => {
  const title = name.replaceAll("-", " ")
  const { table, more, show: showRows } = makeSortableTable(title)
  const empty = makeEmptyNote(query)
  const full = element("p", "hint", fullText)
  const status = element("span", "outcome")
  status.setAttribute("role", "status")
  const resetControl = reset === undefined ? undefined : resetButton(title, reset, status)
  const place = element("section", "counted", [
    element("div", "over", [
      element("h2", "", title),
      status,
      tableExport(title, address, query),
      ...(resetControl === undefined ? [] : [resetControl])
    ]),
    table,
    more,
    full,
    empty.place
  ])

  /** `isUnknown`: the rows could not be read. */
  const show = (rows: ReadonlyArray<TableRow>, isUnknown: boolean): void => {
    if (rows.length === 0) empty.show(isUnknown)
    empty.place.hidden = rows.length > 0
    full.hidden = rows[0]?.[boundColumn] === undefined
    if (resetControl !== undefined) resetControl.disabled = rows.length === 0
    showRows(rows)
  }
  return { place, show }
}
