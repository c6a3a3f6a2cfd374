/** The topic of conversions: the attributor writes it; rules and counters read it. */
import { Config } from "effect"
import { setting } from "../../contracts/setting.ts"

export const conversionsTopic = setting(
  "CONVERSIONS_TOPIC",
  Config.String,
  "conversions",
  "The topic for the records of conversions."
)
