/** What a run on a real engine found: kept in results.json, which is in the repository, and shown in deploy/README.md. */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** One fact that was checked, and the figures that show it. */
export interface Check {
  readonly name: string
  readonly passed: boolean
  readonly proof: string
}

export interface Run {
  /** The day, and the command that made it. */
  readonly date: string
  readonly command: string
  readonly checks: ReadonlyArray<Check>
}

const file = join(import.meta.dirname, "results.json")

/** The last run of each kind, by its name. */
export const readRuns = (): Readonly<Record<string, Run>> =>
  existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Readonly<Record<string, Run>>) : {}

export const writeRun = (name: string, run: Run): void =>
  writeFileSync(file, `${JSON.stringify({ ...readRuns(), [name]: run }, undefined, 2)}\n`)

/** The table of every run, for deploy/README.md. */
export const runsTable = (): string =>
  Object.values(readRuns())
    .flatMap(({ date, command, checks }) => [
      `\`${command}\` (${date}):`.replace(/^(.{1,118}) (.+)$/, (line, start, rest) =>
        line.length > 120 ? `${start}\n${rest}` : line
      ),
      "",
      "| checked | result | figures |",
      "| --- | --- | --- |",
      ...checks.map(
        ({ name, passed, proof }) => `| ${name} | ${passed ? "passed" : "**failed**"} | ${proof} |`
      ),
      ""
    ])
    .join("\n")
    .trimEnd()
