/** What a process says and returns when it cannot start or go on: one sentence, and the exit code. */
import { Cause, Config } from "effect"
import { Failure, type FailureReason } from "../../contracts/failure.ts"
import { inertText } from "./escape-controls.ts"

export interface Ending {
  readonly sentence: string
  /** 78 (sysexits' EX_CONFIG) for settings and input that cannot work, so that a restart cannot help; else 1. */
  readonly code: number
}

const isFinal: ReadonlySet<FailureReason> = new Set<FailureReason>(["misconfigured", "unreadable"])

/** The ending for what a process failed with. */
export const endingOf = (cause: Cause.Cause<unknown>): Ending => {
  const { sentence, code } = spoken(cause)
  return { sentence: inertText(sentence), code }
}

const spoken = (cause: Cause.Cause<unknown>): Ending => {
  const problem = Cause.squash(cause)
  if (problem instanceof Failure) {
    return { sentence: problem.message, code: isFinal.has(problem.reason) ? 78 : 1 }
  }
  if (problem instanceof Config.ConfigError)
    return { sentence: settingSentence(problem.cause.message), code: 78 }
  const message = problem instanceof Error ? problem.message : String(problem)
  return { sentence: message.replaceAll(/\s*\n\s*/g, " "), code: 1 }
}

/** A schema says what was expected, and behind it where: `Expected … at ["NAME"]`. A person wants the name first. */
const settingSentence = (said: string): string => {
  const line = said.replaceAll(/\s*\n\s*/g, " ")
  const [, expected = line, name] = /^(.*) at \["(\w+)"\]$/.exec(line) ?? []
  return name === undefined ? expected : `${name}: ${expected.charAt(0).toLowerCase()}${expected.slice(1)}`
}
