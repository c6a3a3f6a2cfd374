/** What this machine lacks for some tests: an error with CI=true, else a sentence now and in the summary of `npm test`. */
import { appendFileSync, existsSync, readFileSync } from "node:fs"

/** The file in which a run of `npm test` collects the sentences; unset when a person runs single files. */
const variable = "SPOOR_TEST_MISSING"

/** Throws with CI=true. Otherwise the tests that need it are skipped. `sentence` names it and says how to get it. */
export const isMissing = (sentence: string, cause?: unknown): undefined => {
  if (process.env.CI === "true") throw new Error(sentence, { cause })
  process.stderr.write(`${sentence}\n`)
  const file = process.env[variable]
  if (file !== undefined) appendFileSync(file, `${sentence}\n`)
  return undefined
}

/** Runs the tests with that file; `sentencesIn` reads what was missing. */
export const collectMissing = (file: string): void => {
  process.env[variable] = file
}

/** The sentences in that file, each once. */
export const sentencesIn = (file: string): ReadonlyArray<string> =>
  existsSync(file) ? [...new Set(readFileSync(file, "utf8").split("\n").filter(Boolean))] : []
