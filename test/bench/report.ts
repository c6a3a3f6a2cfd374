/** The part of test/README.md on what was measured, and its plots, made from the results of the benchmarks. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { markdown, type Plot, type Result, type Results } from "./result.ts"
import { svg } from "./svg.ts"

const document = join(import.meta.dirname, "..", "README.md")
/** As seen from the document. */
const plotFolder = "bench/plots"
const [begin, end] = ["<!-- bench -->", "<!-- /bench -->"]

/** The order in which a reader meets them; any other comes behind. */
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

/** The text between the marks. */
export const section = (results: Results): string => {
  const all = Object.values(results).toSorted((a, b) => place(a) - place(b))
  if (all.length === 0) return "Nothing is measured yet."
  return [targetTable(all), ...all.flatMap(({ plots = [] }) => plots).map(image), ...all.map(details)].join(
    "\n\n"
  )
}

const place = ({ name }: Result): number => (order.includes(name) ? order.indexOf(name) : order.length)

/** One row for each target; the machine stands above when all were measured on one, else in each row. */
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

/** All that a benchmark found, folded. */
const details = ({ name, table, notes = [] }: Result): string =>
  [`<details><summary><code>${name}</code></summary>`, markdown(table), ...notes, "</details>"].join("\n\n")

/** The document with that part made anew. Throws when it has no markers for it. */
export const withSection = (readme: string, text: string): string => {
  const [before, rest] = readme.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`test/README.md has no ${begin} … ${end}.`)
  return `${before}${begin}\n${text}\n${end}${after}`
}

/** Writes both. */
export const writeReport = (results: Results): void => {
  const folder = join(dirname(document), plotFolder)
  mkdirSync(folder, { recursive: true })
  for (const plot of Object.values(results).flatMap(({ plots = [] }) => plots))
    writeFileSync(join(folder, `${plot.file}.svg`), svg(plot))
  writeFileSync(document, withSection(readFileSync(document, "utf8"), section(results)))
}
