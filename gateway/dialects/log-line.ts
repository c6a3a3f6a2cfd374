/**
 * A line of a web server's log in the combined format of nginx and Apache:
 *
 *     203.0.113.9 - bob [21/Nov/2026:01:10:43 +0000] "GET /x?a=1 HTTP/1.1" 200 612 "https://a.example/" "Mozilla/5.0"
 *
 * What servers write behind the user agent is left out. Read in one pass, whatever the line holds.
 */
import type { Bytes } from "../../contracts/event.ts"

export interface LogLine {
  /** The first field: an address, or a host name where the server looks names up. */
  readonly address: Bytes
  /** Empty where the line has `-`, like all texts here. */
  readonly user: Bytes
  /** Milliseconds since 1970. */
  readonly ts: number
  /** As it is quoted, `GET /x HTTP/1.1`; anything where the client sent anything. */
  readonly request: Bytes
  readonly status: Bytes
  readonly bytes: Bytes
  readonly referrer: Bytes
  readonly userAgent: Bytes
}

/** Why a line is not of that format; a short list. */
export type LogLineProblem =
  | "no address"
  | "no user"
  | "no time"
  | "no request"
  | "no status"
  | "no size"
  | "no referrer"
  | "no user agent"

/** The line, or what is missing in it. Never throws. */
export const parseLogLine = (line: Bytes): LogLine | LogLineProblem => {
  const afterAddress = line.indexOf(" ")
  if (afterAddress < 1) return "no address"
  const afterIdentity = line.indexOf(" ", afterAddress + 1)
  const beforeTime = line.indexOf(" [", afterIdentity + 1)
  if (afterIdentity === -1 || beforeTime === -1) return "no user"
  const afterTime = line.indexOf("] ", beforeTime)
  if (afterTime === -1) return "no time"
  const ts = timeOf(line.slice(beforeTime + 2, afterTime))
  if (ts === undefined) return "no time"
  const request = quotedAt(line, afterTime + 2)
  if (request === undefined) return "no request"
  const afterStatus = line.indexOf(" ", request.end + 1)
  const status = line.slice(request.end + 1, afterStatus)
  if (afterStatus === -1 || !/^\d{3}$/.test(status)) return "no status"
  const afterBytes = line.indexOf(" ", afterStatus + 1)
  const bytes = line.slice(afterStatus + 1, afterBytes)
  if (afterBytes === -1 || !/^(\d{1,18}|-)$/.test(bytes)) return "no size"
  const referrer = quotedAt(line, afterBytes + 1)
  if (referrer === undefined) return "no referrer"
  const userAgent = quotedAt(line, referrer.end + 1)
  if (userAgent === undefined) return "no user agent"
  return {
    address: line.slice(0, afterAddress) as Bytes,
    user: present(line.slice(afterIdentity + 1, beforeTime)),
    ts,
    request: request.text,
    status: status as Bytes,
    bytes: present(bytes),
    referrer: referrer.text,
    userAgent: userAgent.text
  }
}

const present = (text: string): Bytes => (text === "-" ? "" : text) as Bytes

/** The quoted text that begins there, without its escapes, and the place behind its end. */
const quotedAt = (
  line: string,
  start: number
): { readonly text: Bytes; readonly end: number } | undefined => {
  if (line[start] !== '"') return undefined
  let end = start + 1
  while (end < line.length && line[end] !== '"') end += line[end] === "\\" ? 2 : 1
  if (end >= line.length) return undefined
  return { text: present(unescaped(line.slice(start + 1, end))), end: end + 1 }
}

const letters: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", v: "\v", f: "\f" }

/** Servers write `"`, `\` and what cannot be printed as `\"`, `\\`, `\n` and `\x16`. */
const unescaped = (text: string): string =>
  text.includes("\\")
    ? text.replace(/\\(?:x([0-9A-Fa-f]{2})|(.))/gs, (_, hex: string | undefined, char: string) =>
        hex === undefined ? (letters[char] ?? char) : String.fromCharCode(Number.parseInt(hex, 16))
      )
    : text

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

const written = /^(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})$/

/** `21/Nov/2026:01:10:43 +0000` in milliseconds since 1970. */
const timeOf = (text: string): number | undefined => {
  const parts = written.exec(text)
  if (parts === null) return undefined
  const [, day = "", name = "", year = "", hour = "", minute = "", second = "", sign, ahead, more] = parts
  const month = months.indexOf(name)
  const midnight = Date.UTC(Number(year), month, Number(day))
  const isDay = month !== -1 && new Date(midnight).getUTCDate() === Number(day)
  // A minute may have a leap second.
  if (!isDay || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined
  const utc = midnight + ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000
  const offset = (Number(ahead) * 60 + Number(more)) * 60_000
  return sign === "-" ? utc + offset : utc - offset
}
