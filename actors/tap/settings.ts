/** The settings of the tap. */
import { Config, Effect, Schema } from "effect"
import { CopyStage } from "../../contracts/event-copy.ts"
import { Failure } from "../../contracts/failure.ts"
import { setting } from "../../contracts/setting.ts"

export const tapStages = setting(
  "TAP_STAGES",
  Config.String,
  CopyStage.literals.join(","),
  "Stages that the tap publishes, separated by commas: raw, enriched, stored, rejected."
)

const isStage = Schema.is(CopyStage)

/** The stages that TAP_STAGES names; fails with `misconfigured` for an unknown stage, or when it names none. */
export const readTapStages = Effect.gen(function* () {
  const names = (yield* tapStages.config)
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "")
  const wrong = names.find((name) => !isStage(name))
  if (wrong !== undefined || names.length === 0) {
    const message = `TAP_STAGES has an unknown stage "${wrong ?? ""}": use ${CopyStage.literals.join(", ")}`
    return yield* new Failure({ reason: "misconfigured", message })
  }
  return names.filter(isStage)
})
