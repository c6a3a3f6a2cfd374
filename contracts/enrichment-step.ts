/**
 * Enrichment steps: services in any language that the enricher asks for further parameters of events before they are
 * stored. A step answers on a subject of its own and adds parameters under its own name only. Pure.
 */
import { Config, Effect } from "effect"
import { Failure } from "./failure.ts"
import { durationOf } from "./quantity.ts"
import { setting } from "./setting.ts"

export const enrichSteps = setting(
  "ENRICH_STEPS",
  Config.String,
  "",
  "Steps that the enricher asks for further parameters, in this order, separated by commas: name, name:required or name:optional:200ms. Without the answer of an optional step (the default) an event goes on without its parameters; a required step makes it wait. The same for all actors."
)

/** One step of this installation. */
export interface EnrichmentStep {
  /** Lower-case letters, digits and `_`, beginning with a letter. */
  readonly name: string
  readonly isRequired: boolean
  /** How long the enricher waits for its answer, milliseconds. */
  readonly timeoutMs: number
}

const standardTimeoutMs = 500

/** All steps together must leave the bridge its 5 of the enricher's 7 seconds, milliseconds. */
export const maxStepsMs = 1_500

/** Each is asked in turn, for every batch. */
const maxSteps = 8

/** True for the names of parameters that the step may add: its own name, or one that begins with it and `_`. */
export const isParamOf = (step: string, param: string): boolean =>
  param === step || param.startsWith(`${step}_`)

/** Reads the steps; fails with `misconfigured` when they cannot work. */
export const readSteps = Effect.gen(function* () {
  const steps: Array<EnrichmentStep> = []
  for (const text of (yield* enrichSteps.config).split(",")) {
    if (text.trim() === "") continue
    const step = parseStep(text.trim())
    if (typeof step === "string") return yield* misconfigured(step)
    if (steps.some(({ name }) => isParamOf(name, step.name) || isParamOf(step.name, name)))
      return yield* misconfigured(
        `"${step.name}" and another step would add parameters of the same names: give each step a name that does not begin with another's name and _.`
      )
    steps.push(step)
  }
  const total = steps.reduce((sum, { timeoutMs }) => sum + timeoutMs, 0)
  if (total > maxStepsMs)
    return yield* misconfigured(
      `the steps may take ${total} ms together, at most ${maxStepsMs} ms are possible: give them shorter times, like ${steps[0]?.name}:optional:200ms.`
    )
  return steps.length > maxSteps
    ? yield* misconfigured(`there are ${steps.length} steps, at most ${maxSteps} are possible.`)
    : steps
})

/** The step, or what is wrong with its text. */
const parseStep = (text: string): EnrichmentStep | string => {
  const example = "Write for example score, score:required or score:optional:200ms."
  const [name = "", ...options] = text.split(":").map((part) => part.trim())
  if (!/^[a-z][a-z0-9_]{0,31}$/.test(name))
    return `"${name}" is not a name of a step: use lower-case letters, digits and _. ${example}`
  let isRequired = false
  let timeoutMs = standardTimeoutMs
  for (const option of options) {
    const millis = durationOf(option, "milliseconds")
    if (option === "required" || option === "optional") isRequired = option === "required"
    else if (millis === undefined || millis < 10 || !Number.isFinite(millis))
      return `"${option}" is neither required nor optional nor a time of 10 ms or more. ${example}`
    else timeoutMs = Math.round(millis)
  }
  return { name, isRequired, timeoutMs }
}

const misconfigured = (problem: string): Failure =>
  new Failure({ reason: "misconfigured", message: `ENRICH_STEPS: ${problem}` })
