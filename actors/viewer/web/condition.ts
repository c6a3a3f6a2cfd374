/** The names of conditions as people read them and as the styles use them. Pure. */
import type { Condition } from "../../inspect/pipeline/system-view.ts"

export type ConditionName = "flowing" | "idle" | "stalled" | "down" | "unknown"

const names: Readonly<Record<Condition, ConditionName>> = {
  flows: "flowing",
  idle: "idle",
  "stands still": "stalled",
  down: "down",
  unknown: "unknown"
}

/** The name of a condition of the API. */
export const conditionName = (condition: Condition): ConditionName => names[condition]

/** Whether the condition needs attention. */
export const isBad = (condition: ConditionName): boolean => condition === "stalled" || condition === "down"
