/** The settings of rules and of their reactor. */
import { Config } from "effect"
import { optional, setting } from "../../contracts/setting.ts"

export const rulesFile = optional(
  "RULES",
  Config.String,
  "Path of the rules file, YAML or JSON; read again when it changes, and at SIGHUP. Unset: only rules made by the viewer's API."
)
export const reactTopics = setting(
  "REACT_TOPICS",
  Config.String,
  "conversions",
  "Topics whose events rules see, besides KAFKA_TOPIC and KAFKA_TOPICS, separated by commas; those that do not exist are read as soon as they do."
)
