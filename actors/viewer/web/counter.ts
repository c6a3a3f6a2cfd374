/**
 * The page of one counter: its charts and tables, polled while the page is visible. For a time range both are read once.
 */
import { makeChart } from "./chart.ts"
import { makeCountTable } from "./count-table.ts"
import { button, byId, link } from "./element.ts"
import { number } from "./format.ts"
import { showFrame } from "./frame.ts"
import { poll, readNow } from "./polling.ts"
import { rangeForm, rangeQuery, requestedRange } from "./time-range.ts"
import { moment } from "./times.ts"
import {
  getCounters,
  getCounterTables,
  getRangeCounterTables,
  getSeries,
  type RangeCounterTables,
  resetTable,
  type TableRow
} from "./viewer-api.ts"

const tablesIntervalMs = 2000
const chartsIntervalMs = 5000

/** The charts of each counter: series and title. */
const chartsOf: Readonly<Record<string, ReadonlyArray<readonly [series: string, title: string]>>> = {
  "event-counter": [["types", "Events per second by type"]],
  "metadata-counter": [
    ["countries", "Events per second by country"],
    ["devices", "Events per second by device"]
  ],
  "search-counter": [["all", "All events per second"]],
  "timing-stats": [["klag", "From gateway to enricher, milliseconds"]]
}

const spans: ReadonlyArray<readonly [minutes: number, text: string]> = [
  [5, "5 min"],
  [15, "15 min"],
  [60, "1 h"]
]

const counters = await getCounters()
const name = location.pathname.split("/")[2] ?? counters[0]?.name ?? ""
const address = `/counters/${encodeURIComponent(name)}`
const range = requestedRange()

const tabs = (): ReadonlyArray<HTMLElement> =>
  counters.map((counter) => {
    const tab = link(`/counters/${encodeURIComponent(counter.name)}${rangeQuery(range)}`, counter.title)
    if (counter.name === name) tab.setAttribute("aria-current", "page")
    return tab
  })

const charts = (chartsOf[name] ?? []).map(([series, title]) => ({ series, chart: makeChart(title) }))
const tables = new Map<string, ReturnType<typeof makeCountTable>>()
let minutes = 15

/** Resets a table; undefined for a time range, which is counted from the log. */
const resetOf = (table: string): (() => Promise<void>) | undefined =>
  range === undefined
    ? async () => {
        await resetTable(name, table)
        await readNow("tables", refreshTables)
      }
    : undefined

const tableOf = (table: string) => {
  const known = tables.get(table)
  if (known !== undefined) return known
  const made = makeCountTable({
    name: table,
    address: `${address}/${encodeURIComponent(table)}`,
    query: rangeQuery(range),
    reset: resetOf(table)
  })
  tables.set(table, made)
  byId("tables").append(made.place)
  return made
}

const recordCount = (count: number): string => `${number(count)} ${count === 1 ? "record" : "records"}`

/** Shows how much of the range was read from the log, and errors. */
const showCounted = ({ looked, reached, troubles }: RangeCounterTables): void => {
  const place = byId("counted")
  const trouble = troubles.join(" ")
  place.hidden = false
  place.classList.toggle("trouble", trouble !== "")
  if (trouble === "") place.textContent = `Counted from ${recordCount(looked)} in the log.`
  else if (looked === 0) place.textContent = `Unknown. ${trouble}`
  else place.replaceChildren(`Counted from ${recordCount(looked)}, up to `, moment(reached), `. ${trouble}`)
}

const showTables = (
  title: string,
  names: ReadonlyArray<string>,
  rows: Readonly<Record<string, ReadonlyArray<TableRow>>>,
  isUnknown: boolean
): void => {
  document.title = `Numbers: ${title} · Spoor`
  for (const table of names) tableOf(table).show(rows[table] ?? [], isUnknown)
}

const refreshTables = async (signal: AbortSignal): Promise<undefined> => {
  if (range === undefined) {
    const { title, tables: names, rows } = await getCounterTables(name, signal)
    showTables(title, names, rows, false)
    return
  }
  const counted = await getRangeCounterTables(name, rangeQuery(range), signal)
  showCounted(counted)
  const isUnknown = counted.troubles.length > 0 && counted.looked === 0
  showTables(counted.title, counted.tables, counted.rows, isUnknown)
}

const refreshCharts = async (signal: AbortSignal): Promise<undefined> => {
  const requested = minutes
  for (const { series, chart } of charts) {
    const query = range === undefined ? `?minutes=${requested}` : rangeQuery(range)
    const view = await getSeries(series, query, signal)
    if (requested === minutes) chart.show({ ...view, isRange: range !== undefined })
  }
}

const spanButtons = spans.map(([length, text]) => ({
  length,
  place: button(text, () => {
    minutes = length
    showSpan()
    return readNow("charts", refreshCharts)
  })
}))

const showSpan = (): void => {
  for (const { length, place } of spanButtons) place.setAttribute("aria-pressed", String(length === minutes))
}

showFrame()
byId("counters").append(...tabs())
byId("range").append(rangeForm(range))
byId("charts").append(...charts.map(({ chart }) => chart.place))
byId("over-time").hidden = charts.length === 0
if (range === undefined) {
  showSpan()
  byId("minutes").append(...spanButtons.map(({ place }) => place))
  await Promise.all([
    poll("tables", refreshTables, tablesIntervalMs),
    poll("charts", refreshCharts, chartsIntervalMs)
  ])
} else {
  byId("minutes").hidden = true
  await readNow("tables", refreshTables)
  await readNow("charts", refreshCharts)
}
