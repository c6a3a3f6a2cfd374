/**
 * Attributor: which click has won an install. A record for each install that a click has won (`mac`), and for each later
 * event of its device.
 */
import { Config, Duration } from "effect"
import { setting } from "../contracts/setting.ts"
import { duration } from "../contracts/setting-readers.ts"
import { clicks } from "../gateway/links/click.ts"
import { attribution } from "./attributor/attribution.ts"
import { candidateKeys, deviceKeyOf, lookupKeyOf, partOf } from "./attributor/candidate-keys.ts"
import { conversionsTopic } from "./attributor/conversions-topic.ts"
import { KeyState } from "./attributor/state.ts"
import { keyed } from "./keyed/keyed.ts"

const dayMs = 86_400_000
const yearMs = 366 * dayMs

const before = setting(
  "ATTRIBUTION_BEFORE",
  duration("minutes", 10, dayMs),
  Duration.minutes(5),
  "How long before its click an install may happen, and how long an install waits for such a click.",
  "5m"
)
const window = setting(
  "ATTRIBUTION_WINDOW",
  duration("days", 1, yearMs),
  Duration.days(7),
  "How long after its click an install may happen, where the link says nothing.",
  "7d"
)
const remember = setting(
  "ATTRIBUTION_REMEMBER",
  duration("days", 1, yearMs),
  Duration.days(90),
  "How long later events of a device belong to the click that won it.",
  "90d"
)
const later = setting(
  "ATTRIBUTION_EVENTS",
  Config.String,
  "apo,fun,pay,eor,scs,scc",
  "The types of those later events, separated by commas."
)

const typesIn = (list: string): ReadonlySet<string> =>
  new Set(
    list
      .split(",")
      .map((type) => type.trim())
      .filter((type) => type !== "")
  )

export const Attributor = keyed({
  name: "attributor",
  summary: "Finds the click that won an install, and emits the conversion. Runs only when named.",
  ...{ emits: conversionsTopic, settings: { before, window, remember, later }, state: KeyState },
  needs: [clicks],
  key: (values) => {
    const types = typesIn(values.later)
    return (event, topic) => {
      const part = partOf(event, topic, types)
      if (part === "click") return lookupKeyOf(event)
      return part === "install" ? candidateKeys(event)[0] : part && deviceKeyOf(event)
    }
  },
  handlers: (values) =>
    attribution({
      beforeMs: Duration.toMillis(values.before),
      windowMs: Duration.toMillis(values.window),
      keepMs: dayMs,
      rememberMs: Duration.toMillis(values.remember),
      later: typesIn(values.later)
    })
})
