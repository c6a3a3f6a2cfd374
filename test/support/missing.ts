/** Reports programs that are missing for some tests: an error with CI=true, otherwise a sentence now and in the summary of `npm test`. */
import { appendFileSync, existsSync, readFileSync } from "node:fs"

/** The variable with the path of the file in which `npm test` collects the sentences; unset when single test files are run. */
const variable = "SPOOR_TEST_MISSING"

/** Throws with CI=true; otherwise the caller skips its tests. `sentence` says what is missing and how to get it. */
export const isMissing = (sentence: string, cause?: unknown): undefined => {
  if (process.env.CI === "true") throw new Error(sentence, { cause })
  process.stderr.write(`${sentence}\n`)
  const file = process.env[variable]
  if (file !== undefined) appendFileSync(file, `${sentence}\n`)
  return undefined
}

/** Makes the tests write the sentences to that file; `sentencesIn` reads them. */
export const collectMissing = (file: string): void => {
  process.env[variable] = file
}

/** The sentences in that file, without duplicates. */
export const sentencesIn = (file: string): ReadonlyArray<string> =>
  existsSync(file) ? [...new Set(readFileSync(file, "utf8").split("\n").filter(Boolean))] : []
