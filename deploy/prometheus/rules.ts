/** The rules of alerts.yaml, for the tests that read them. It only reads that file. */
import { readFileSync } from "node:fs"
import { join } from "node:path"

export interface Rule {
  /** The name of the alert; undefined for a recorded sum. */
  readonly alert?: string
  /** The name of the recorded series. */
  readonly record?: string
  readonly expr: string
  readonly for?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

export const rulesFile = join(import.meta.dirname, "alerts.yaml")

/** Every rule, in the order of the file. */
export const rules = (): ReadonlyArray<Rule> => {
  const { groups } = Bun.YAML.parse(readFileSync(rulesFile, "utf8")) as {
    readonly groups: ReadonlyArray<{ readonly rules: ReadonlyArray<Rule> }>
  }
  return groups.flatMap((group) => group.rules)
}

/** The series that an expression reads. */
export const seriesIn = (expression: string): ReadonlyArray<string> => [
  ...new Set(expression.match(/(?<![\w:"])(?:\w+:)?(?:spoor|process)_\w+(?::\w+)?/g))
]
