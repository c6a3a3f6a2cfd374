/**
 * The lines of a claimed batch as one blob, which never changes and which every implementation stores as it is:
 * `<time of the first claim, ms>[,<place of the first line>];<length of each line, separated by commas>\n` and then
 * the lines, one after the other. The place is there when it is not 0: in pieces of a batch that was split.
 * Lengths and no separators, since a line may hold any byte. The Lua script of the Redis queue writes the same.
 */
import { Buffer } from "node:buffer"
import { createHash } from "node:crypto"
import { byteStringOf } from "../../contracts/byte-string.ts"
import type { ByteString } from "../../contracts/event.ts"
import type { BatchDigest, BatchId } from "../../contracts/ids.ts"

export interface PackedLines {
  /** When the batch was first claimed, milliseconds since 1970. */
  readonly claimed: number
  /** The place, in the batch as first claimed, of the first line here. */
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

/** Throws when the blob is not one that `pack` or the script wrote. */
export const unpack = (blob: Uint8Array): PackedLines => {
  const text = byteStringOf(blob)
  const header = /^(\d+)(?:,(\d+))?;([\d,]+)\n/.exec(text)
  if (header?.[1] === undefined || header[3] === undefined)
    throw new Error("A claimed batch has no header of lengths.")
  let at = header[0].length
  const lines = header[3].split(",").map((length) => {
    const start = at
    at += Number(length)
    return text.slice(start, at) as ByteString
  })
  if (at !== text.length) throw new Error("A claimed batch has another length than its header says.")
  return { claimed: Number(header[1]), first: Number(header[2] ?? 0), lines }
}

/** The digest of a packed batch: of its lines, their order, their places and the time they were claimed at. */
export const digestOf = (blob: Uint8Array): BatchDigest =>
  createHash("sha1").update(blob).digest("hex").slice(0, 16) as BatchDigest

/** How many lines a packed batch has, by its header alone (up to the first newline). */
export const linesIn = (header: Uint8Array): number =>
  /;([\d,]+)\n/.exec(byteStringOf(header))?.[1]?.split(",").length ?? 0

/** The bytes of a line. */
export const toBuffer = (line: ByteString): Buffer => Buffer.from(line, "latin1")

/** A piece of a batch as it is stored: under a key of its own. */
export interface Piece {
  readonly key: string
  readonly packed: Buffer
}

const pieceKey = /:(\d+)-(\d+)$/

/** A whole batch is stored under its id, a piece under `<id>:<place of its first line>-<place of its last>`. */
export const isPiece = (key: string): boolean => pieceKey.test(key)

/** The id of the batch as first claimed. */
export const batchIdOf = (key: string): BatchId => key.replace(pieceKey, "") as BatchId

/** Does the batch or piece stored under `key`, of the batch `id`, hold the line at that place? A whole one may. */
export const mayHold = (key: string, id: BatchId, index: number): boolean => {
  if (key === id) return true
  const places = pieceKey.exec(key)
  return batchIdOf(key) === id && index >= Number(places?.[1]) && index <= Number(places?.[2])
}

/** Pieces of at most `size` lines (at least 1), in order, that together are the batch or piece stored under `key`. */
export const piecesOf = (key: string, whole: PackedLines, size: number): ReadonlyArray<Piece> => {
  const step = size >= 1 ? Math.floor(size) : 1
  const pieces: Array<Piece> = []
  for (let start = 0; start < whole.lines.length; start += step) {
    const lines = whole.lines.slice(start, start + step)
    const first = whole.first + start
    pieces.push({
      key: `${batchIdOf(key)}:${first}-${first + lines.length - 1}`,
      packed: pack(whole.claimed, lines.map(toBuffer), first)
    })
  }
  return pieces
}
