/** The exit of a process that cannot start or continue: one sentence and an exit code. Pure. */
import { Cause, Config } from "effect"
import { Failure, type FailureReason } from "../../contracts/failure.ts"
import { settingProblem } from "../../contracts/setting.ts"
import { inertText } from "./escape-controls.ts"

export interface ProcessExit {
  readonly sentence: string
  /** 78 (EX_CONFIG of sysexits) for invalid settings or input, so that a restart cannot help; else 1. */
  readonly code: number
}

/** Reasons for which a restart cannot help. */
const finalReasons: ReadonlySet<FailureReason> = new Set<FailureReason>(["misconfigured", "unreadable"])

/** The sentence and exit code for the cause of the failure. */
export const processExitOf = (cause: Cause.Cause<unknown>): ProcessExit => {
  const { sentence, code } = exitFor(cause)
  return { sentence: inertText(sentence), code }
}

const exitFor = (cause: Cause.Cause<unknown>): ProcessExit => {
  const problem = Cause.squash(cause)
  if (problem instanceof Failure) {
    return { sentence: problem.message, code: finalReasons.has(problem.reason) ? 78 : 1 }
  }
  if (problem instanceof Config.ConfigError) return { sentence: settingProblem(problem), code: 78 }
  const message = problem instanceof Error ? problem.message : String(problem)
  return { sentence: message.replaceAll(/\s*\n\s*/g, " "), code: 1 }
}
