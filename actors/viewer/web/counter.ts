/**
 * The page of one counter: its charts over time, and its tables, read again while the page is to be seen; or both of a
 * range of time, read once.
 */
import { get, post } from "/page/ask.js"
import { makeChart } from "/page/chart.js"
import { makeCountTable } from "/page/count-table.js"
import { button, link, moment, number, showFrame } from "/page/frame.js"
import { keepFresh, readNow } from "/page/keep-fresh.js"
import { rangeAsked, rangeForm, rangeQuery } from "/page/time-range.js"

const tablesEvery = 2000
const chartsEvery = 5000
const at = (id) => document.getElementById(id)

/** What each counter's page shows over time: the series, and its title. */
const chartsOf = {
  "event-counter": [["types", "Events a second by type"]],
  "metadata-counter": [
    ["countries", "Events a second by country"],
    ["devices", "Events a second by device"]
  ],
  "search-counter": [["all", "All events a second"]],
  "timing-stats": [["klag", "From the edge to the enricher, milliseconds"]]
}

const spans = [
  [5, "5 min"],
  [15, "15 min"],
  [60, "1 h"]
]

const counters = await get("/api/counters")
const name = location.pathname.split("/")[2] ?? counters[0]?.name
const address = `/counters/${encodeURIComponent(name)}`
const range = rangeAsked()

const showTabs = () => {
  at("counters").append(
    ...counters.map((counter) => {
      const tab = link(`/counters/${encodeURIComponent(counter.name)}${rangeQuery(range)}`, counter.title)
      if (counter.name === name) tab.setAttribute("aria-current", "page")
      return tab
    })
  )
}

const charts = (chartsOf[name] ?? []).map(([series, title]) => ({ series, chart: makeChart(title) }))
const tables = new Map()
let minutes = 15

/** What empties a table; nothing does while a range of time is shown, which is counted from the log. */
const emptying = (table) =>
  range === undefined
    ? async () => {
        await post("/api/counters/reset", { counter: name, table })
        await readNow("tables", refreshTables)
      }
    : undefined

const tableOf = (table) => {
  if (!tables.has(table)) {
    const file = `${address}/${encodeURIComponent(table)}`
    const made = makeCountTable(table, file, { query: rangeQuery(range), empty: emptying(table) })
    tables.set(table, made)
    at("tables").append(made.place)
  }
  return tables.get(table)
}

const recordCount = (count) => `${number(count)} ${count === 1 ? "record" : "records"}`

/** Of a range: how far the log was looked through, and what was in the way. */
const showCounted = ({ looked, reached, troubles }) => {
  const place = at("counted")
  place.hidden = false
  place.classList.toggle("trouble", troubles.length > 0)
  if (troubles.length === 0) place.textContent = `Counted from ${recordCount(looked)} in the log.`
  else if (looked === 0) place.textContent = `Not known. ${troubles.join(" ")}`
  else
    place.replaceChildren(
      `Counted from ${recordCount(looked)}, up to `,
      moment(reached),
      `. ${troubles.join(" ")}`
    )
}

const refreshTables = async (signal) => {
  const told = await get(`/api${address}${rangeQuery(range)}`, signal)
  const { title, tables: names, rows } = told
  document.title = `Numbers: ${title} · Spoor`
  if (range !== undefined) showCounted(told)
  const isUnknown = range !== undefined && told.troubles.length > 0 && told.looked === 0
  for (const table of names) tableOf(table).show(rows[table] ?? [], isUnknown)
}

const refreshCharts = async (signal) => {
  const asked = minutes
  for (const { series, chart } of charts) {
    const query = range === undefined ? `?minutes=${asked}` : rangeQuery(range)
    const view = await get(`/api/series/${series}${query}`, signal)
    if (asked === minutes) chart.show({ ...view, isRange: range !== undefined })
  }
}

const choices = spans.map(([length, text]) =>
  button(text, () => {
    minutes = length
    showChoice()
    readNow("charts", refreshCharts)
  })
)
const showChoice = () => {
  for (const [i, [length]] of spans.entries()) {
    choices[i].setAttribute("aria-pressed", String(length === minutes))
  }
}

showFrame()
showTabs()
at("range").append(rangeForm(range))
at("charts").append(...charts.map(({ chart }) => chart.place))
at("over-time").hidden = charts.length === 0
if (range === undefined) {
  showChoice()
  at("minutes").append(...choices)
  await Promise.all([
    keepFresh("tables", refreshTables, tablesEvery),
    keepFresh("charts", refreshCharts, chartsEvery)
  ])
} else {
  at("minutes").hidden = true
  await readNow("tables", refreshTables)
  await readNow("charts", refreshCharts)
}
