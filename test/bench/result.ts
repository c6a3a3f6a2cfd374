/** What a benchmark finds: tables for people, what it had to reach, points to plot. Printed, and kept as JSON. */
import { readFileSync, writeFileSync } from "node:fs"
import { cpus, release, totalmem } from "node:os"
import { join } from "node:path"
import type { Spread } from "./rounds.ts"

export interface Table {
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
}

/** Something that must hold: `got` of `must`, as sentences, and whether it does. */
export interface Target {
  readonly what: string
  readonly must: string
  readonly got: string
  readonly met: boolean
}

/** Lines over a common axis; values in the unit of `y`. */
export interface Plot {
  /** Name of its file, without the ending. */
  readonly file: string
  readonly title: string
  readonly x: string
  readonly y: string
  /** Axes on which each step is so many times the one before; values on them are above 0. */
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
  /** Sentences a reader needs to read the figures right. */
  readonly notes?: ReadonlyArray<string>
}

export interface Result extends Found {
  readonly name: string
  readonly command: string
  /** ISO 8601. */
  readonly at: string
  readonly machine: string
}

/** Where results are kept. */
export const resultsFile = join(import.meta.dirname, "results.json")

export type Results = Readonly<Record<string, Result>>

/** All that was found so far, by benchmark: each one's last run. */
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
export const spread = ({ median, least, most }: Spread, digits = 2): string =>
  `${figure(median, digits)} (${figure(least, digits)}–${figure(most, digits)})`
