/**
 * The lines of a claimed batch as one blob, which never changes and which every implementation stores as it is:
 * `<time of the first claim, ms>;<length of each line, separated by commas>\n<the lines, one after the other>`.
 * Lengths and no separators, since a line may hold any byte. The Lua script of the Redis queue writes the same.
 */
import { Buffer } from "node:buffer"
import type { Bytes } from "../../contracts/event.ts"

export interface PackedLines {
  /** When the batch was first claimed, milliseconds since 1970. */
  readonly claimed: number
  readonly lines: ReadonlyArray<Bytes>
}

export const pack = (claimed: number, lines: ReadonlyArray<Uint8Array>): Buffer =>
  Buffer.concat([
    Buffer.from(`${claimed};${lines.map((line) => line.length).join(",")}\n`, "latin1"),
    ...lines
  ])

/** Throws when the blob is not one that `pack` or the script wrote. */
export const unpack = (blob: Uint8Array): PackedLines => {
  const text = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength).toString("latin1")
  const header = /^(\d+);([\d,]+)\n/.exec(text)
  if (header?.[1] === undefined || header[2] === undefined)
    throw new Error("A claimed batch has no header of lengths.")
  let at = header[0].length
  const lines = header[2].split(",").map((length) => {
    const start = at
    at += Number(length)
    return text.slice(start, at) as Bytes
  })
  if (at !== text.length) throw new Error("A claimed batch has another length than its header says.")
  return { claimed: Number(header[1]), lines }
}

/** The bytes of a line. */
export const toBuffer = (line: Bytes): Buffer => Buffer.from(line, "latin1")
