/** Durations of rules (`RuleDuration`: `30s`, `10m`, `24h`, `7d`), checked when the rule was read. Pure. */
import { durationOf } from "../../contracts/quantity.ts"

/** Milliseconds of a duration of a rule. */
export const ruleMs = (text: string): number => durationOf(text, "seconds") ?? Number.NaN
