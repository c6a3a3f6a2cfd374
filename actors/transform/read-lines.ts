/** Parses the lines of a claimed batch: each is either an event or a rejection with its reason. Pure. */
import type { Rejection } from "../../contracts/batch.ts"
import type { ByteString, RawEvent } from "../../contracts/event.ts"
import type { CopyContent } from "../../contracts/event-copy.ts"
import type { Topic } from "../../contracts/ids.ts"
import { isOtherUnit } from "../../contracts/wire/line-time.ts"
import { readLine, type Topics } from "./topics.ts"

export interface ReadLines {
  readonly events: ReadonlyArray<RawEvent>
  readonly rejected: ReadonlyArray<Rejection>
  /** The number of lines by topic; an unreadable line counts for the standard topic. */
  readonly received: ReadonlyMap<Topic, number>
  /** The number of events whose line names a topic that is not allowed; they go to the standard topic. */
  readonly unknownTopics: number
}

/** The copy of an event's line, by its place in its batch. */
export const lineAt =
  (lines: ReadonlyArray<ByteString>, first: number) =>
  ({ index }: { readonly index: number }): CopyContent => ({
    line: lines[index - first] ?? ("" as ByteString)
  })

/** The number of events whose time is in the other dialect's unit; `seenAt`: when they were claimed, milliseconds since 1970. */
export const otherUnits = (events: ReadonlyArray<RawEvent>, seenAt: number): number =>
  events.reduce((count, { ts, dialect }) => count + (isOtherUnit(ts, dialect, seenAt) ? 1 : 0), 0)

/** Parses the lines in order. An event's index is the place of its line; the first line has the place `first`. Never throws. */
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
