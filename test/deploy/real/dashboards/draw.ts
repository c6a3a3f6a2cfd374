/**
 * A page that shows the panels of a dashboard as Grafana places them, with charts by uPlot: for pictures in documents. It
 * says itself that Grafana has not drawn it. Pure, but for reading uPlot.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Panel } from "../../../../deploy/grafana/dashboard.ts"
import { root } from "../docker.ts"

/** A panel with the values of its queries. */
export interface Drawn extends Omit<Panel, "queries"> {
  readonly lines: ReadonlyArray<{
    readonly legend: string
    readonly values: ReadonlyArray<readonly [at: number, value: number]>
  }>
}

const uplot = join(root, "node_modules", "uplot", "dist")

const style = `
body { margin: 12px; font: 13px sans-serif; background: #f4f5f5; color: #24292e }
h1 { font-size: 16px; margin: 0 0 2px } p { margin: 0 0 10px; color: #6e7179 }
main { display: grid; grid-template-columns: repeat(24, 1fr); gap: 8px }
section { background: #fff; border: 1px solid #dcdee2; border-radius: 3px; padding: 6px 8px; min-width: 0; overflow: hidden }
h2 { font-size: 13px; margin: 0 0 4px; font-weight: 600 }
section.row { background: none; border: 0; padding: 4px 0 0 } section.row h2 { font-size: 15px }
section.stat b { display: block; font-size: 26px; text-align: center; font-weight: 500; color: #299c46 }
.u-legend { font-size: 11px !important; text-align: left } .u-legend .u-value, .u-legend tr:first-child { display: none }
`

/** Runs in the page: a chart for each panel of lines, the last value for each number. */
const script = `
const colours = ["#7eb26d", "#eab839", "#6ed0e0", "#ef843c", "#e24d42", "#1f78c1", "#ba43a9", "#705da0", "#508642", "#cca300"]
const short = (value) => {
  for (const [size, letter] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]])
    if (Math.abs(value) >= size) return (value / size).toPrecision(3) + letter
  return String(Number(value.toPrecision(3)))
}
const shown = (value, unit) => {
  if (value === undefined || Number.isNaN(value)) return "–"
  if (unit === "percentunit") return short(value * 100) + " %"
  if (unit === "s") return value > 0 && value < 1 ? short(value * 1000) + " ms" : short(value) + " s"
  return short(value) + (unit === "bytes" ? "B" : unit === "cps" ? "/s" : unit === "reqps" ? " req/s" : "")
}
for (const panel of panels) {
  const section = document.createElement("section")
  const width = panel.options.width ?? { row: 24, stat: 4, timeseries: 12 }[panel.type]
  section.className = panel.type
  section.style.gridColumn = "span " + width
  section.append(Object.assign(document.createElement("h2"), { textContent: panel.title }))
  document.querySelector("main").append(section)
  if (panel.type === "row") continue
  if (panel.type === "stat") {
    const last = panel.lines[0]?.values.at(-1)?.[1]
    section.append(Object.assign(document.createElement("b"), { textContent: shown(last, panel.options.unit) }))
    continue
  }
  const times = [...new Set(panel.lines.flatMap(({ values }) => values.map(([at]) => at)))].sort((a, b) => a - b)
  const columns = panel.lines.map(({ values }) => {
    const known = new Map(values)
    return times.map((at) => (Number.isFinite(known.get(at)) ? known.get(at) : null))
  })
  new uPlot(
    {
      width: section.clientWidth - 16,
      height: 170,
      scales: { y: { range: (_, min, max) => [0, panel.options.max ?? Math.max(max * 1.1, 1e-3)] } },
      cursor: { show: false },
      axes: [{}, { size: 64, values: (_, ticks) => ticks.map((tick) => shown(tick, panel.options.unit)) }],
      series: [{}, ...panel.lines.map(({ legend }, i) => ({ label: legend || panel.title, stroke: colours[i % 10], width: 1.5, points: { show: false } }))]
    },
    [times, ...columns],
    section
  )
}
document.body.className = "drawn"
`

export const pageOf = (title: string, panels: ReadonlyArray<Drawn>): string =>
  `<!doctype html><meta charset="utf-8"><title>${title}</title>
<style>${readFileSync(join(uplot, "uPlot.min.css"), "utf8")}${style}</style>
<h1>${title}</h1><p>Drawn from the dashboard's queries against a running Spoor, not by Grafana.</p><main></main>
<script>${readFileSync(join(uplot, "uPlot.iife.min.js"), "utf8")}</script>
<script>const panels = ${JSON.stringify(panels).replaceAll("<", "\\u003c")}
${script}</script>`
