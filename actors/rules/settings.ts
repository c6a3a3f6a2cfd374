/** The settings of rules and of their reactor. */
import { Config, Duration } from "effect"
import { family, optional, setting } from "../../contracts/setting.ts"
import { duration } from "../../contracts/setting-readers.ts"

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

/** How long a delivery is tried at most. */
export const deliverFor = setting(
  "DELIVER_FOR",
  duration("seconds", 1_000),
  Duration.hours(24),
  "How long a delivery of a rule is tried before it becomes a dead letter; a rule may ask for less.",
  "24h"
)
export const rulesVars = family(
  "RULES_VAR_*",
  "RULES_VAR_SHOP is what rules read as vars.SHOP. Rules can read no other variable of the environment."
)
export const rulesSecrets = family(
  "RULES_SECRET_*",
  "RULES_SECRET_KEY, or the content of the file that RULES_SECRET_KEY_FILE names, is what calls of rules send for secrets.KEY; no log, page or dead letter shows it. A file is read again at SIGHUP and with RULES.",
  true
)

/** The settings that everything reads that renders rules. */
export const renderSettings = [rulesVars, rulesSecrets]
