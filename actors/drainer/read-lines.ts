/** A claimed batch taken apart: each of its lines is either an event or a rejection with its reason. */
import type { Rejection } from "../../contracts/batch.ts"
import type { Bytes, RawEvent } from "../../contracts/event.ts"
import { parseLine } from "../../contracts/wire/line.ts"
import type { Topics } from "../system/topics.ts"

export interface ReadLines {
  readonly events: ReadonlyArray<RawEvent>
  readonly rejected: ReadonlyArray<Rejection>
  /** Events whose line named a topic that is not allowed; they go to the standard one. */
  readonly unknownTopics: number
}

/** Reads the lines in order; an event's index is the place of its line, the first line's being `first`. Never throws. */
export const readLines = (lines: ReadonlyArray<Bytes>, topics: Topics, first = 0): ReadLines => {
  const settings = { topic: topics.standard, topics: topics.allowed }
  const events: Array<RawEvent> = []
  const rejected: Array<Rejection> = []
  let unknownTopics = 0
  for (const [i, line] of lines.entries()) {
    const index = first + i
    const parsed = parseLine(line, settings, index)
    if (parsed.kind === "unreadable") {
      rejected.push({ index, stage: "drainer", reason: parsed.reason })
      continue
    }
    events.push(parsed.event)
    if (parsed.isTopicUnknown) unknownTopics += 1
  }
  return { events, rejected, unknownTopics }
}
