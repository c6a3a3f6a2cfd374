/** A claimed batch taken apart: each of its lines is either an event or a rejection with its reason. */
import type { Rejection } from "../../contracts/batch.ts"
import type { ByteString, RawEvent } from "../../contracts/event.ts"
import type { CopyContent } from "../../contracts/event-copy.ts"
import type { Topic } from "../../contracts/ids.ts"
import { isOtherUnit } from "../../contracts/wire/line-time.ts"
import { readLine, type Topics } from "./topics.ts"

export interface ReadLines {
  readonly events: ReadonlyArray<RawEvent>
  readonly rejected: ReadonlyArray<Rejection>
  /** How many lines there are of each topic; an unreadable one is of the standard topic. */
  readonly received: ReadonlyMap<Topic, number>
  /** Events whose line named a topic that is not allowed; they go to the standard one. */
  readonly unknownTopics: number
}

/** The line of an event, by its place in its batch, as people who look are shown it. */
export const lineAt =
  (lines: ReadonlyArray<ByteString>, first: number) =>
  ({ index }: { readonly index: number }): CopyContent => ({
    line: lines[index - first] ?? ("" as ByteString)
  })

/** How many of the events have their time in the other dialect's unit; `seen`: milliseconds since 1970. */
export const otherUnits = (events: ReadonlyArray<RawEvent>, seen: number): number =>
  events.reduce((count, { ts, dialect }) => count + (isOtherUnit(ts, dialect, seen) ? 1 : 0), 0)

/** Reads the lines in order; an event's index is the place of its line, the first line's being `first`. Never throws. */
export const readLines = (lines: ReadonlyArray<ByteString>, topics: Topics, first = 0): ReadLines => {
  const events: Array<RawEvent> = []
  const rejected: Array<Rejection> = []
  const received = new Map<Topic, number>()
  const count = (topic: Topic) => received.set(topic, (received.get(topic) ?? 0) + 1)
  let unknownTopics = 0
  for (const [i, line] of lines.entries()) {
    const index = first + i
    const parsed = readLine(line, topics, index)
    if (parsed.kind === "unreadable") {
      rejected.push({ index, topic: topics.standard, stage: "drainer", reason: parsed.reason })
      count(topics.standard)
      continue
    }
    events.push(parsed.event)
    count(parsed.event.topic)
    if (parsed.isTopicUnknown) unknownTopics += 1
  }
  return { events, rejected, received, unknownTopics }
}
