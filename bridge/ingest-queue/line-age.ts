/** The age of a waiting line: the same in every implementation of the queue. */
import type { ByteString } from "../../contracts/event.ts"
import type { Topic } from "../../contracts/ids.ts"
import { type LineSettings, parseLine } from "../../contracts/wire/line.ts"
import { isOtherUnit, isPlausibleDuration } from "../../contracts/wire/line-time.ts"

/** The topic of a line does not matter for its age. */
const anyTopic: LineSettings = { topic: "" as Topic, topics: new Set() }

/**
 * The time since the edge received the line, by the time in it, milliseconds; `now`: milliseconds since 1970. Never below 0,
 * because clocks differ. Undefined when the line cannot be parsed or its time is a year or more off. Never throws.
 */
export const ageOfLine = (line: ByteString, now: number): number | undefined => {
  const parsed = parseLine(line, anyTopic, 0)
  if (parsed.kind !== "event") return undefined
  const { ts, dialect } = parsed.event
  const isInSeconds = (dialect === "adtekio") !== isOtherUnit(ts, dialect, now)
  const age = now - (isInSeconds ? ts * 1000 : ts)
  return isPlausibleDuration(age) ? Math.max(0, age) : undefined
}
