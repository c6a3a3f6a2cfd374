/** The last result of each case, kept in results.json between runs, each with the command that produced it. */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import type { CaseResult } from "./run-case.ts"

/** `date` is the day, `command` repeats the run with the same random moments. */
export interface KeptResult extends CaseResult {
  readonly date: string
  readonly command: string
}

export const readResults = (file: string): ReadonlyArray<KeptResult> => {
  const kept: unknown = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : []
  return Array.isArray(kept) ? kept : []
}

export const writeResults = (file: string, results: ReadonlyArray<KeptResult>): void =>
  writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`)

/** The new results, and the old ones of the other cases, in the order of the matrix. */
export const mergeResults = (
  before: ReadonlyArray<KeptResult>,
  now: ReadonlyArray<KeptResult>
): ReadonlyArray<KeptResult> => {
  const name = (one: KeptResult): string => `${one.number} ${one.name}`
  const ran = new Set(now.map(name))
  return [...before.filter((one) => !ran.has(name(one))), ...now].toSorted((a, b) =>
    name(a).localeCompare(name(b), "en", { numeric: true })
  )
}
