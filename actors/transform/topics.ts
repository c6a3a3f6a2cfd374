/** The topics of lines, with this installation's topics (`bridge/topics.ts`). Pure. */
import { lineSettingsOf, type Topics } from "../../bridge/topics.ts"
import type { ByteString } from "../../contracts/event.ts"
import type { Topic } from "../../contracts/ids.ts"
import { type ParsedLine, parseLine } from "../../contracts/wire/line.ts"

export { lineSettingsOf, readTopics, type Topics, topicSettings } from "../../bridge/topics.ts"

/** Parses a line with this installation's topics; `index` is its place in its batch. Never throws. */
export const readLine = (line: ByteString, topics: Topics, index: number): ParsedLine =>
  parseLine(line, lineSettingsOf(topics), index)

/** The topic that the line's event goes to; the standard topic for an unreadable line. */
export const topicOf = (line: ByteString, topics: Topics): Topic => {
  const parsed = readLine(line, topics, 0)
  return parsed.kind === "event" ? parsed.event.topic : topics.standard
}
