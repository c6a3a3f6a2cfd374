/**
 * Finds environment variables that are probably misspelled settings: a letter is wrong, words are in another order, the
 * prefix is missing. Variables of other programs must not be found. Pure.
 */
import { settingNames } from "./setting-names.ts"

export interface Misspelling {
  /** The variable as it is set. */
  readonly variable: string
  /** The setting that was probably meant. */
  readonly meant: string
}

/**
 * The misspelled settings among the variables, in their order. Empty variables count as not set. `more`: settings of actors
 * that are not Spoor's.
 */
export const misspelledSettings = (
  variables: Readonly<Record<string, string | undefined>>,
  more: ReadonlyArray<{ readonly name: string }> = []
): ReadonlyArray<Misspelling> => {
  const settings = [...new Set([...settingNames, ...more.map(({ name }) => name)])]
  const known = new Set(settings.flatMap((name) => [name, `${name}${fileSuffix}`]))
  const families = settings.filter((name) => name.endsWith("*")).map((name) => name.slice(0, -1))
  return Object.entries(variables).flatMap(([variable, value = ""]) => {
    if (value === "" || known.has(variable) || isOfOthers(variable, value)) return []
    if (families.some((begin) => variable.startsWith(begin))) return []
    const meant = likelyMember(variable, families) ?? likelySetting(variable, settings)
    // A setting that is also set as it should be has not been forgotten.
    return meant === undefined || (variables[meant] ?? "") !== "" ? [] : [{ variable, meant }]
  })
}

/** The warning for people. */
export const misspellingSentence = ({ variable, meant }: Misspelling): string =>
  `The variable ${variable} is not a setting and is ignored: did you mean ${meant}?`

const fileSuffix = "_FILE"

/** Variables of shells, Kubernetes, Docker links, package managers, builds and telemetry. */
const isOfOthers = (variable: string, value: string): boolean =>
  /^(npm_|OTEL_|KUBERNETES_|GITHUB_|RUNNER_|ACTIONS_|XDG_|LC_|SPOOR_(WORKER|TEST|CACHE))/.test(variable) ||
  /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?|ENV_\w+)$/.test(variable) ||
  /^(tcp|udp|sctp):\/\//.test(value)

const likelySetting = (variable: string, settings: ReadonlyArray<string>): string | undefined => {
  const name = variable.toUpperCase().replaceAll(/[-.]/g, "_")
  const isFile = /_FILES?$/.test(name)
  const base = name.replace(/_FILES?$/, "")
  const found = likelyName(base, settings)
  return found === undefined ? undefined : `${found}${isFile ? fileSuffix : ""}`
}

/** `RULES_SECRET_KEY` for RULE_SECRET_KEY or rules_secret_KEY: the beginning is nearly that of a family. */
const likelyMember = (variable: string, families: ReadonlyArray<string>): string | undefined => {
  for (const begin of families) {
    for (const length of [begin.length, begin.length - 1, begin.length + 1]) {
      const [given, own] = [variable.slice(0, length).toUpperCase(), variable.slice(length)]
      if (own !== "" && given.endsWith("_") && wrongLetters(given, begin, 1) <= 1) return `${begin}${own}`
    }
  }
  return undefined
}

/** The rules in order of certainty. */
const likelyName = (name: string, settings: ReadonlyArray<string>): string | undefined => {
  const own = name.replace(/^SPOOR_+/, "")
  const words = wordsOf(own)
  return (
    settings.find((setting) => setting === own || setting.replaceAll("_", "") === own.replaceAll("_", "")) ??
    settings.find((setting) => sorted(wordsOf(setting)) === sorted(words)) ??
    nearest(own, settings) ??
    (words.length > 1 ? settings.find((setting) => lacksPrefix(own, setting)) : undefined)
  )
}

const wordsOf = (name: string): ReadonlyArray<string> => name.split("_").filter((word) => word !== "")

const sorted = (words: ReadonlyArray<string>): string => words.toSorted().join("_")

/** `MAX_PER_ADDRESS` for GATEWAY_MAX_PER_ADDRESS: the first word is missing. */
const lacksPrefix = (name: string, setting: string): boolean => wordsOf(setting).slice(1).join("_") === name

/** Names of this length and more may have two wrong letters, shorter ones only one. */
const longName = 11
/** Shorter names are too much alike. */
const shortestName = 6

/** The setting with the fewest wrong letters, if they are few. */
const nearest = (name: string, settings: ReadonlyArray<string>): string | undefined => {
  if (name.length < shortestName) return undefined
  const limit = name.length >= longName ? 2 : 1
  let best: string | undefined
  let fewest = limit + 1
  for (const setting of settings) {
    if (Math.abs(setting.length - name.length) > limit) continue
    const wrong = wrongLetters(name, setting, limit)
    if (wrong < fewest) [best, fewest] = [setting, wrong]
  }
  return best
}

/**
 * The number of letters to add, remove, replace or swap with a neighbour that make one text of the other; any number above
 * `limit` when there are more.
 */
export const wrongLetters = (one: string, other: string, limit = Number.POSITIVE_INFINITY): number => {
  let before: Array<number> = []
  let last = Array.from({ length: other.length + 1 }, (_, j) => j)
  for (let i = 1; i <= one.length; i++) {
    const row = [i]
    for (let j = 1; j <= other.length; j++) {
      const isSame = one[i - 1] === other[j - 1]
      const isSwap = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      row[j] = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (isSame ? 0 : 1),
        isSwap ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY
      )
    }
    if (Math.min(...row) > limit) return limit + 1
    ;[before, last] = [last, row]
  }
  return last[other.length] ?? 0
}
