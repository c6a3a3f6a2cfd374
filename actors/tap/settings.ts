/** The settings of the tap. */
import { Config, Effect, Schema } from "effect"
import { CopyStage } from "../../contracts/event-copy.ts"
import { Failure } from "../../contracts/failure.ts"
import { setting } from "../../contracts/setting.ts"

export const tapStages = setting(
  "TAP_STAGES",
  Config.String,
  CopyStage.literals.join(","),
  "What the tap publishes, separated by commas: raw, enriched, stored, rejected."
)

const isStage = Schema.is(CopyStage)

/** The stages that TAP_STAGES names; fails with `misconfigured` when it names another, or none. */
export const readTapStages = Effect.gen(function* () {
  const names = (yield* tapStages.config)
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "")
  const wrong = names.find((name) => !isStage(name))
  if (wrong !== undefined || names.length === 0) {
    const message = `TAP_STAGES names "${wrong ?? ""}"; there are ${CopyStage.literals.join(", ")}`
    return yield* new Failure({ reason: "misconfigured", message })
  }
  return names.filter(isStage)
})
