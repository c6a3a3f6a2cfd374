/** Formats values as plain text for a terminal, with control characters from outside escaped. Keeps only the time zone choice. */
import { Buffer } from "node:buffer"
import { type ByteString, bytesOf } from "../../contracts/event.ts"
import { readable } from "./escape-bytes.ts"

/** The text, with control and invisible characters as `\xNN`. */
export const plain = (text: string): string => readable(bytesOf(text))

/** Bytes as JSON fields: readable under `name`, exact in base64 under `bytes`. */
export const bytesJson = (name: string, bytes: ByteString): Record<string, string> => ({
  [name]: readable(bytes),
  bytes: Buffer.from(bytes, "latin1").toString("base64")
})

/** Whether times are shown in the time zone of this machine (`--local`) instead of UTC. */
let isLocal = false
export const useLocalTimes = (): void => {
  isLocal = true
}

/** A moment (milliseconds since 1970) to the second, with its time zone: UTC, unless local times are on. */
export const moment = (at: number): string =>
  Math.abs(at) <= lastTime ? `${timeText(at).slice(0, 19)} ${isLocal ? zoneAt(at) : "UTC"}` : String(at)

/** The time of day to the millisecond, in the same time zone. */
export const timeOfDay = (at: number): string =>
  Math.abs(at) <= lastTime ? timeText(at).slice(11, 23) : String(at)

const timeText = (at: number): string => new Date(at + aheadAt(at)).toISOString().replace("T", " ")

/** The offset from UTC, milliseconds. */
const aheadAt = (at: number): number => (isLocal ? -new Date(at).getTimezoneOffset() * 60_000 : 0)

/** The offset as text: +05:30. */
const zoneAt = (at: number): string => {
  const minutes = Math.round(aheadAt(at) / 60_000)
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  return `${minutes < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}:${String(rest).padStart(2, "0")}`
}

/** The last moment of a JavaScript `Date`. */
const lastTime = 8_640_000_000_000_000

/** A number with thousands separators. */
export const number = (value: number): string => value.toLocaleString("en-US")

/** "1 letter", "2 letters". */
export const counted = (count: number, what: string): string =>
  `${number(count)} ${what}${count === 1 ? "" : "s"}`

/** The text in lines of at most `length` characters, broken at spaces if possible. */
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

/** The text for an unknown figure. */
export const notKnown = "–"

/** The text, cut to `length` characters. */
export const shortened = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`

/** A table with a heading line; columns named in `right` are aligned right. Cells must be plain text. */
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
