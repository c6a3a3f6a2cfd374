/**
 * The formats (versions) of the messages between actors. Readers accept the newest and the one before it; a sender writes
 * the newest that all its readers accept, so actors of neighbouring releases run side by side. Pure.
 *
 * Format 1 is that of Spoor 0.4.0: no field `v`, and bytes as text with one character per byte. Since format 2 each
 * message is a map whose first field `v` is its format, and bytes are `bin`.
 */
import { Failure } from "../failure.ts"

/** The number of a format of messages. */
export type Format = 1 | 2

/** All formats that this version reads and writes, ascending. */
export const formats: ReadonlyArray<Format> = [1, 2]
export const oldestFormat: Format = 1
export const newestFormat: Format = 2

/** NATS header of requests, replies and published messages: the format, in decimal digits. Absent in format 1. */
export const formatHeader = "Spoor-Format"
/** NATS header of a reply: the `$SRV` id of the actor that replied. */
export const instanceHeader = "Spoor-Instance"
/** NATS header of a request: the time that the requester still waits, whole milliseconds (clocks of machines differ). */
export const patienceHeader = "Spoor-Patience"
/** NATS header of a reply: the reason of a failure, whose message is the body as text. */
export const failureHeader = "Spoor-Failure"

/** The format of a decoded message: its field `v`, or 1 without one; undefined when `v` is no positive integer. */
export const formatOf = (message: unknown): number | undefined => {
  if (typeof message !== "object" || message === null || !("v" in message)) return 1
  const { v } = message
  return typeof v === "number" && Number.isSafeInteger(v) && v > 0 ? v : undefined
}

/**
 * The format that the first field of an encoded map names, as our formats write it (`v`, an integer below 128); 1 for any
 * other bytes. Cheap: for a message whose header names no format.
 */
export const peekFormat = (payload: Uint8Array): number => {
  const kind = payload[0] ?? 0
  const first = (kind & 0xf0) === 0x80 ? 1 : kind === 0xde ? 3 : kind === 0xdf ? 5 : undefined
  if (first === undefined || payload[first] !== 0xa1 || payload[first + 1] !== 0x76) return 1
  const value = payload[first + 2] ?? 0
  return value > 0 && value < 0x80 ? value : 1
}

/** The format of a reply to a request in `format`: the same, or our newest to a requester that is newer than we are. */
export const replyFormatOf = (format: number): Format => (isFormat(format) ? format : newestFormat)

/** True for a format that this version reads. */
export const isFormat = (format: unknown): format is Format => format === 1 || format === 2

/** The newest of our formats that is in every list; undefined when there is none. */
export const newestShared = (lists: ReadonlyArray<ReadonlyArray<number>>): Format | undefined =>
  formats.findLast((format) => lists.every((list) => list.includes(format)))

/** Formats as they are written in the metadata of an endpoint: `1,2`. */
export const formatsText = (list: ReadonlyArray<number>): string => list.join(",")

/** The formats in such a text; an actor without one (0.4.0) reads format 1. Never throws. */
export const readFormats = (text: string | undefined): ReadonlyArray<number> =>
  text === undefined
    ? [1]
    : text
        .split(",")
        .map(Number)
        .filter((format) => Number.isSafeInteger(format) && format > 0)

/** The refusal of a message in a format that this version does not read. */
export const unknownFormat = (what: string, format: number | undefined): Failure =>
  new Failure({
    reason: "unreadable",
    message: `${what} has format ${format ?? "that is no number"}; this version reads the formats ${formatsText(formats)}: send one of them, or upgrade this actor`
  })
