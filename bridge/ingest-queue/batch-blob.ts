/**
 * The batch blob: the lines of a claimed batch in one value, which never changes and is the same in every implementation:
 * `<time of the first claim, ms>[,<place of the first line>];<length of each line, separated by commas>\n`, followed by
 * the lines. The place is present when it is not 0: in parts of a split batch. Lines may contain any byte, hence lengths
 * instead of separators. The Lua script of the Redis queue writes the same format.
 */
import { Buffer } from "node:buffer"
import { createHash } from "node:crypto"
import { byteStringOf } from "../../contracts/byte-string.ts"
import type { ByteString } from "../../contracts/event.ts"
import type { BatchDigest, BatchId } from "../../contracts/ids.ts"

export interface BatchLines {
  /** When the batch was first claimed, milliseconds since 1970. */
  readonly claimed: number
  /** The place of the first line within the whole batch. */
  readonly first: number
  readonly lines: ReadonlyArray<ByteString>
}

export const pack = (claimed: number, lines: ReadonlyArray<Uint8Array>, first = 0): Buffer =>
  Buffer.concat([
    Buffer.from(
      `${claimed}${first === 0 ? "" : `,${first}`};${lines.map((line) => line.length).join(",")}\n`,
      "latin1"
    ),
    ...lines
  ])

/** Throws for a blob in another format. */
export const unpack = (blob: Uint8Array): BatchLines => {
  const text = byteStringOf(blob)
  const header = /^(\d+)(?:,(\d+))?;([\d,]+)\n/.exec(text)
  if (header?.[1] === undefined || header[3] === undefined)
    throw new Error("A claimed batch has no header with lengths.")
  let at = header[0].length
  const lines = header[3].split(",").map((length) => {
    const start = at
    at += Number(length)
    return text.slice(start, at) as ByteString
  })
  if (at !== text.length) throw new Error("The length of a claimed batch does not match its header.")
  return { claimed: Number(header[1]), first: Number(header[2] ?? 0), lines }
}

/** The digest of a batch blob: of the lines, their order, their places and the time of the claim. */
export const digestOf = (blob: Uint8Array): BatchDigest =>
  createHash("sha1").update(blob).digest("hex").slice(0, 16) as BatchDigest

/** The number of lines, from the header alone (up to the first newline). */
export const linesIn = (header: Uint8Array): number =>
  /;([\d,]+)\n/.exec(byteStringOf(header))?.[1]?.split(",").length ?? 0

/** A line as bytes. */
export const toBuffer = (line: ByteString): Buffer => Buffer.from(line, "latin1")

/** A part of a split batch, stored under its own key. */
export interface Part {
  readonly key: string
  readonly blob: Buffer
}

const partKey = /:(\d+)-(\d+)$/

/** The id of the batch in a key: a batch is stored under its id, a part under `<id>:<place of its first line>-<place of its last>`. */
export const batchIdOf = (key: string): BatchId => key.replace(partKey, "") as BatchId

/** False when the value under `key` cannot contain the line at that place of the batch `id`; a whole batch may. */
export const mayHold = (key: string, id: BatchId, index: number): boolean => {
  if (key === id) return true
  const places = partKey.exec(key)
  return batchIdOf(key) === id && index >= Number(places?.[1]) && index <= Number(places?.[2])
}

/** Splits the batch or part under `key` into parts of at most `size` lines (1 or more), in order. */
export const partsOf = (key: string, whole: BatchLines, size: number): ReadonlyArray<Part> => {
  const step = size >= 1 ? Math.floor(size) : 1
  const parts: Array<Part> = []
  for (let start = 0; start < whole.lines.length; start += step) {
    const lines = whole.lines.slice(start, start + step)
    const first = whole.first + start
    parts.push({
      key: `${batchIdOf(key)}:${first}-${first + lines.length - 1}`,
      blob: pack(whole.claimed, lines.map(toBuffer), first)
    })
  }
  return parts
}
