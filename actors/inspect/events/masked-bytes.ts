/** Masked lines and records, for pages that show bytes: what cannot be parsed is masked as a whole. Pure. */
import { type ByteString, bytesOf } from "../../../contracts/event.ts"
import type { Topic } from "../../../contracts/ids.ts"
import { parseLine } from "../../../contracts/wire/line.ts"
import { parseRecord } from "../../../contracts/wire/record.ts"
import { type Mask, maskedLine, maskedRecord, maskedText } from "./mask.ts"

const allMasked = bytesOf(maskedText)

/** The topics that a line may name do not matter for masking. */
const anyTopic = { topic: "any" as Topic, topics: new Set<string>() }

export const visibleLine = (line: ByteString, mask: Mask): ByteString => {
  if (!mask.isOn) return line
  const parsed = parseLine(line, anyTopic, 0)
  return parsed.kind === "event" ? maskedLine(line, parsed.event.dialect, mask) : allMasked
}

export const visibleRecord = (value: ByteString, mask: Mask): ByteString => {
  if (!mask.isOn) return value
  return parseRecord(value) === undefined ? allMasked : maskedRecord(value, mask)
}
