/** A table of counts: sorted by any column, with the share of each row, to be copied or taken as a file. */
import { exportOf } from "/page/export-menu.js"
import { firstEvent } from "/page/first-event.js"
import { button, element, link, number } from "/page/frame.js"
import { explained } from "/page/glossary.js"
import { inert } from "/page/inert-text.js"
import { resetButton } from "/page/reset-button.js"

const isFigure = (value) => typeof value === "number"

const compare = (a, b) => (isFigure(a) && isFigure(b) ? a - b : String(a).localeCompare(String(b)))

/** How many rows are shown until all are asked for. */
const shownAtFirst = 15

/** So many characters of a word are shown; the files have all of it. */
const longest = 120

/** How the column of counts is called; beside it each row's part of the largest is drawn. */
const counted = "events"

const bodyRow = (row, most) =>
  element(
    "tr",
    "",
    Object.entries(row).map(([name, value]) => {
      if (!isFigure(value))
        return element("td", "key", value === "" ? "(empty)" : explained(value, inert(value, longest)))
      const cell = element("td", "number", number(value))
      if (name === counted && most > 0) {
        cell.classList.add("share")
        cell.style.setProperty("--share", (value / most).toFixed(3))
      }
      return cell
    })
  )

/** The text of a file of the viewer's. */
const textOf = (file) => async () => {
  const answer = await fetch(file)
  if (!answer.ok) throw new Error(`The viewer answered with ${answer.status}.`)
  return answer.text()
}

const download = (address, kind, title) => {
  const made = link(address, kind, "small")
  made.download = ""
  made.setAttribute("aria-label", `Download ${title} as ${kind}`)
  return made
}

/** Rows of a table that has been full have it: what was counted of them, and what may have been before that. */
const bound = "at most"
const fullText =
  "This table is full: new values take the places of the smallest. “events” was surely counted, “at most” includes what may have come before, and (other) holds what was counted of values without a place."

/**
 * `address` is where the table lies as a file, without its ending; `query` stands behind that: with one it is of a range
 * of time. `empty` empties what is counted; undefined where that cannot be.
 */
export const makeCountTable = (name, address, { query = "", empty } = {}) => {
  const title = name.replaceAll("-", " ")
  const head = element("tr", "")
  const body = element("tbody", "")
  const note = element("div", "empty", "")
  const full = element("p", "hint", fullText)
  const told = element("span", "told")
  told.setAttribute("role", "status")
  const [csv, json] = [`${address}.csv${query}`, `${address}.json${query}`]
  const exports = exportOf(title, { CSV: textOf(csv), JSON: textOf(json) }, [
    download(csv, "CSV", title),
    download(json, "JSON", title)
  ])
  const reset = empty === undefined ? undefined : resetButton(title, empty, told)
  const more = button("", () => showRows(!isWhole), "plain more")
  const whole = element("table", "counts", [element("thead", "", head), body])
  whole.setAttribute("aria-label", title)
  const place = element("section", "counted", [
    element("div", "over", [
      element("h2", "", title),
      told,
      exports,
      ...(reset === undefined ? [] : [reset])
    ]),
    whole,
    more,
    full,
    note
  ])
  const heads = new Map()
  let isWhole = false
  let rows = []
  let sorted

  const showRows = (all = isWhole) => {
    isWhole = all
    const list =
      sorted === undefined
        ? rows
        : rows.toSorted((a, b) => compare(a[sorted.column], b[sorted.column]) * sorted.way)
    const most = Math.max(0, ...rows.map((row) => (isFigure(row[counted]) ? row[counted] : 0)))
    body.replaceChildren(
      ...list.slice(0, isWhole ? undefined : shownAtFirst).map((row) => bodyRow(row, most))
    )
    more.hidden = list.length <= shownAtFirst
    more.textContent = isWhole ? "Show fewer" : `Show all ${number(list.length)}`
    for (const [column, cell] of heads) {
      if (sorted?.column !== column) cell.removeAttribute("aria-sort")
      else cell.setAttribute("aria-sort", sorted.way > 0 ? "ascending" : "descending")
    }
  }

  /** First the largest of figures and the first of words; then the other way; then as the counter gave them. */
  const sortBy = (column, isOfFigures) => {
    const first = isOfFigures ? -1 : 1
    if (sorted?.column !== column) sorted = { column, way: first }
    else sorted = sorted.way === first ? { column, way: -first } : undefined
    showRows()
  }

  const showHead = () => {
    const columns = Object.entries(rows[0] ?? {})
    if (columns.map(([column]) => column).join("\n") === [...heads.keys()].join("\n")) return
    heads.clear()
    for (const [column, value] of columns) {
      const sorter = button(column, () => sortBy(column, isFigure(value)), "plain sorter")
      const cell = element("th", isFigure(value) ? "number" : "", sorter)
      cell.scope = "col"
      heads.set(column, cell)
    }
    head.replaceChildren(...heads.values())
  }

  /** Says why there is no row, with what can be done about it. */
  const showNone = (isUnknown) => {
    if (isUnknown) note.textContent = "Not known."
    else if (query !== "") note.textContent = "Nothing was there in this time."
    else if (note.firstElementChild === null) note.replaceChildren(firstEvent("Nothing counted yet."))
  }

  const show = (now, isUnknown = false) => {
    rows = now
    if (rows.length === 0) showNone(isUnknown)
    showHead()
    showRows()
    note.hidden = rows.length > 0
    full.hidden = rows[0]?.[bound] === undefined
    if (reset !== undefined) reset.disabled = rows.length === 0
    whole.hidden = rows.length === 0
  }
  return { place, show }
}
