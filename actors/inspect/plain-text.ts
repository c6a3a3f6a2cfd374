/** Values as plain text for a terminal: whatever a stranger may have written is made readable first, so that it steers nothing. */
import { Buffer } from "node:buffer"
import { type ByteString, bytesOf } from "../../contracts/event.ts"
import { readable } from "./escape-bytes.ts"

/** Any text, with control characters and all else that cannot be seen as `\xNN`. */
export const plain = (text: string): string => readable(bytesOf(text))

/** Bytes for a program that reads JSON: readable under `name`, exact in base64 under `bytes`. */
export const bytesJson = (name: string, bytes: ByteString): Record<string, string> => ({
  [name]: readable(bytes),
  bytes: Buffer.from(bytes, "latin1").toString("base64")
})

/** Whether times are told in the zone of this machine (`--local`), and not in UTC. */
let isLocal = false
export const tellLocalTimes = (): void => {
  isLocal = true
}

/** A moment, milliseconds since 1970, to the second, with its zone: UTC unless local times are told. */
export const moment = (at: number): string =>
  Math.abs(at) <= lastTime ? `${timeText(at).slice(0, 19)} ${isLocal ? zoneAt(at) : "UTC"}` : String(at)

/** The time of day, to the millisecond; in the same zone. */
export const timeOfDay = (at: number): string =>
  Math.abs(at) <= lastTime ? timeText(at).slice(11, 23) : String(at)

const timeText = (at: number): string => new Date(at + aheadAt(at)).toISOString().replace("T", " ")

/** How far the zone is ahead of UTC, milliseconds. */
const aheadAt = (at: number): number => (isLocal ? -new Date(at).getTimezoneOffset() * 60_000 : 0)

/** As +05:30. */
const zoneAt = (at: number): string => {
  const minutes = Math.round(aheadAt(at) / 60_000)
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  return `${minutes < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}:${String(rest).padStart(2, "0")}`
}

/** The last moment of a JavaScript `Date`. */
const lastTime = 8_640_000_000_000_000

/** A number with its thousands set apart. */
export const number = (value: number): string => value.toLocaleString("en-US")

/** "1 letter", "2 letters". */
export const counted = (count: number, what: string): string =>
  `${number(count)} ${what}${count === 1 ? "" : "s"}`

/** The text in lines of at most so many characters, broken at spaces where there are any. */
export const wrapped = (text: string, length: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const word of text.split(" ")) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= length)
      lines[lines.length - 1] = `${last} ${word}`
    else for (let i = 0; i === 0 || i < word.length; i += length) lines.push(word.slice(i, i + length))
  }
  return lines
}

/** What stands for a figure that is not known. */
export const notKnown = "–"

/** The text if it is short enough, else its beginning. */
export const shortened = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`

/** A table with a line of headings; a column whose name is in `right` is aligned to the right. Cells must be plain. */
export const table = (
  headings: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  right: ReadonlySet<string> = new Set()
): string => {
  const widths = headings.map((heading, i) =>
    Math.max(heading.length, ...rows.map((row) => row[i]?.length ?? 0))
  )
  return [headings, ...rows]
    .map((row) =>
      row
        .map((cell, i) =>
          right.has(headings[i] ?? "") ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)
        )
        .join("  ")
        .trimEnd()
    )
    .join("\n")
}
