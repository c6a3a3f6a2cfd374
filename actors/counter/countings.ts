/** The rules of all counting actors, by actor name. The viewer applies them to a time range. */
import { clickCounting } from "../click-stats.ts"
import { eventCounting } from "../event-counter.ts"
import type { Counting } from "../inspect/counters/counting.ts"
import { metadataCounting } from "../metadata-counter.ts"
import { postbackCounting } from "../postback-stats.ts"
import { searchCounting } from "../search-counter.ts"
import { timingCounting } from "../timing-stats.ts"

export const countings: ReadonlyMap<string, Counting> = new Map([
  ["event-counter", eventCounting],
  ["metadata-counter", metadataCounting],
  ["search-counter", searchCounting],
  ["timing-stats", timingCounting],
  ["click-stats", clickCounting],
  ["postback-stats", postbackCounting]
])
