/** The results of a benchmark: table, targets and plots. They are printed, and stored as JSON. */
import { readFileSync, writeFileSync } from "node:fs"
import { cpus, release, totalmem } from "node:os"
import { join } from "node:path"
import type { Spread } from "./rounds.ts"

export interface Table {
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
}

/** A target: the required value (`must`), the measured one (`got`), and whether it is reached. */
export interface Target {
  readonly what: string
  readonly must: string
  readonly got: string
  readonly met: boolean
}

/** Lines over a common axis; values in the unit of `y`. */
export interface Plot {
  /** The name of its file without the extension. */
  readonly file: string
  readonly title: string
  readonly x: string
  readonly y: string
  /** The logarithmic axes; their values must be positive. */
  readonly logarithmic?: ReadonlyArray<"x" | "y">
  readonly lines: ReadonlyArray<{
    readonly name: string
    readonly points: ReadonlyArray<readonly [x: number, y: number]>
  }>
}

export interface Found {
  readonly table: Table
  readonly targets: ReadonlyArray<Target>
  readonly plots?: ReadonlyArray<Plot>
  /** Sentences that a reader needs to interpret the figures. */
  readonly notes?: ReadonlyArray<string>
}

export interface Result extends Found {
  readonly name: string
  readonly command: string
  /** ISO 8601. */
  readonly at: string
  readonly machine: string
}

/** The file with the stored results. */
export const resultsFile = join(import.meta.dirname, "results.json")

export type Results = Readonly<Record<string, Result>>

/** The last result of each benchmark, by its name. */
export const readResults = (file = resultsFile): Results => {
  try {
    return JSON.parse(readFileSync(file, "utf8"))
  } catch {
    return {}
  }
}

export const keepResult = (result: Result, file = resultsFile): void => {
  const sorted = Object.entries({ ...readResults(file), [result.name]: result }).toSorted(([a], [b]) =>
    a < b ? -1 : 1
  )
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`)
}

export const machine = (): string => {
  const [first] = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${cpus().length} cores (${first?.model ?? "unknown"}), ${memory} GiB, Linux ${release()}, Bun ${Bun.version}`
}

/** The table as Markdown. */
export const markdown = ({ columns, rows }: Table): string =>
  [columns, columns.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")

/** "52,300", or with digits: "0.81". */
export const figure = (value: number, digits = 0): string =>
  value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })

/** "0.81 (0.74–0.86)". */
export const spread = ({ median, min, max }: Spread, digits = 2): string =>
  `${figure(median, digits)} (${figure(min, digits)}–${figure(max, digits)})`
