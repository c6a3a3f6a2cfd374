/** Lines and records with their secrets hidden, for the pages that show bytes: what cannot be taken apart is hidden wholly. */
import { type ByteString, bytesOf } from "../../../contracts/event.ts"
import type { Topic } from "../../../contracts/ids.ts"
import { parseLine } from "../../../contracts/wire/line.ts"
import { parseRecord } from "../../../contracts/wire/record.ts"
import { type Mask, maskedLine, maskedRecord, maskedText } from "./mask.ts"

const hidden = bytesOf(maskedText)

/** Which topics a line may name does not matter to its secrets. */
const anyTopic = { topic: "any" as Topic, topics: new Set<string>() }

export const visibleLine = (line: ByteString, mask: Mask): ByteString => {
  if (!mask.isOn) return line
  const parsed = parseLine(line, anyTopic, 0)
  return parsed.kind === "event" ? maskedLine(line, parsed.event.dialect, mask) : hidden
}

export const visibleRecord = (value: ByteString, mask: Mask): ByteString => {
  if (!mask.isOn) return value
  return parseRecord(value) === undefined ? hidden : maskedRecord(value, mask)
}
