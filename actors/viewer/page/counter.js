/** The page of one counter: its charts over time, and its tables, read again while the page is to be seen. */
import { get, post } from "/page/ask.js"
import { makeChart } from "/page/chart.js"
import { makeCountTable } from "/page/count-table.js"
import { button, link, showFrame, showState } from "/page/frame.js"

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

const showTabs = () => {
  at("counters").append(
    ...counters.map((counter) => {
      const tab = link(`/counters/${encodeURIComponent(counter.name)}`, counter.title)
      if (counter.name === name) tab.setAttribute("aria-current", "page")
      return tab
    })
  )
}

const charts = (chartsOf[name] ?? []).map(([series, title]) => ({ series, chart: makeChart(title) }))
const tables = new Map()
let minutes = 15

const tableOf = (table) => {
  if (!tables.has(table)) {
    const made = makeCountTable(table, `${address}/${encodeURIComponent(table)}`, async () => {
      await post("/api/counters/reset", { counter: name, table })
      await refreshTables()
    })
    tables.set(table, made)
    at("tables").append(made.place)
  }
  return tables.get(table)
}

const refreshTables = async () => {
  const { title, tables: names, rows } = await get(`/api${address}`)
  document.title = `${title} · Spoor`
  at("title").textContent = title
  for (const table of names) tableOf(table).show(rows[table] ?? [])
}

const refreshCharts = async () => {
  const asked = minutes
  for (const { series, chart } of charts) {
    const view = await get(`/api/series/${series}?minutes=${asked}`)
    if (asked === minutes) chart.show(view)
  }
}

const keep = async (refresh, interval) => {
  try {
    if (!document.hidden) {
      await refresh()
      showState("live", "live")
    }
  } catch (error) {
    showState("lost", `not read: ${error.message}`)
  }
  setTimeout(() => keep(refresh, interval), interval)
}

const choices = spans.map(([length, text]) =>
  button(text, () => {
    minutes = length
    showChoice()
    refreshCharts().catch((error) => showState("lost", `not read: ${error.message}`))
  })
)
const showChoice = () => {
  for (const [i, [length]] of spans.entries()) {
    choices[i].setAttribute("aria-pressed", String(length === minutes))
  }
}

showFrame()
showTabs()
showChoice()
at("minutes").append(...choices)
at("charts").append(...charts.map(({ chart }) => chart.place))
at("over-time").hidden = charts.length === 0
await Promise.all([keep(refreshTables, tablesEvery), keep(refreshCharts, chartsEvery)])
