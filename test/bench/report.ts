/** Generates the benchmark section of test/README.md and its plots from the stored results. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { markdown, type Plot, type Result, type Results } from "./result.ts"
import { svg } from "./svg.ts"

const document = join(import.meta.dirname, "..", "README.md")
/** Relative to the document. */
const plotFolder = "bench/plots"
const [begin, end] = ["<!-- bench -->", "<!-- /bench -->"]

/** The order of the benchmarks in the document; others follow. */
const order = [
  "gateway",
  "gateway-steps",
  "pipeline",
  "pipeline-one",
  "embedded",
  "enrich",
  "latency",
  "consumers",
  "scale",
  "memory"
]

/** The text between the markers. */
export const section = (results: Results): string => {
  const all = Object.values(results).toSorted((a, b) => place(a) - place(b))
  if (all.length === 0) return "No benchmark has been run yet."
  return [targetTable(all), ...all.flatMap(({ plots = [] }) => plots).map(image), ...all.map(details)].join(
    "\n\n"
  )
}

const place = ({ name }: Result): number => (order.includes(name) ? order.indexOf(name) : order.length)

/** One row per target; the machine is named above if it is the same for all, otherwise in each row. */
const targetTable = (all: ReadonlyArray<Result>): string => {
  const machines = new Set(all.map(({ machine }) => machine))
  const isOne = machines.size === 1
  const table = markdown({
    columns: [
      "benchmark",
      "what",
      "must be",
      "measured",
      "reached",
      "command",
      "date",
      ...(isOne ? [] : ["machine"])
    ],
    rows: all.flatMap(({ name, targets, command, at, machine }) =>
      targets.map(({ what, must, got, met }) => [
        `\`${name}\``,
        what,
        must,
        got,
        met ? "yes" : "**no**",
        `\`${command}\``,
        at.slice(0, 10),
        ...(isOne ? [] : [machine])
      ])
    )
  })
  const reached = all.flatMap(({ targets }) => targets).filter(({ met }) => met).length
  const count = all.reduce((sum, { targets }) => sum + targets.length, 0)
  const where = isOne ? `Measured on ${[...machines].join("")}. ` : ""
  return `${where}${reached} of ${count} targets are reached. Figures are medians of the rounds, with the least and the most in brackets; a ratio is of two sides that took turns in one run.\n\n${table}`
}

const image = ({ title, file }: Plot): string => `![${title}](${plotFolder}/${file}.svg)`

/** The table and notes of a benchmark in a collapsed section. */
const details = ({ name, table, notes = [] }: Result): string =>
  [`<details><summary><code>${name}</code></summary>`, markdown(table), ...notes, "</details>"].join("\n\n")

/** The document with a new section. Throws when it has no markers. */
export const withSection = (readme: string, text: string): string => {
  const [before, rest] = readme.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined)
    throw new Error(`test/README.md has no ${begin} … ${end}: add both markers.`)
  return `${before}${begin}\n${text}\n${end}${after}`
}

/** Writes the section and the plots. */
export const writeReport = (results: Results): void => {
  const folder = join(dirname(document), plotFolder)
  mkdirSync(folder, { recursive: true })
  for (const plot of Object.values(results).flatMap(({ plots = [] }) => plots))
    writeFileSync(join(folder, `${plot.file}.svg`), svg(plot))
  writeFileSync(document, withSection(readFileSync(document, "utf8"), section(results)))
}
