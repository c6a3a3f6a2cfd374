/**
 * A line of a web server's log, in one of these formats and no other, each also behind what syslog writes before it:
 *
 *     common      203.0.113.9 - bob [21/Nov/2026:01:10:43 +0000] "GET /x?a=1 HTTP/1.1" 200 612
 *     combined    … 200 612 "https://a.example/" "Mozilla/5.0"
 *     vhost_*     shop.example:443 203.0.113.9 - bob […
 *     forwarded   203.0.113.9, 10.0.0.1 - bob […
 *     JSON        {"remote_addr":"203.0.113.9","time_local":"21/Nov/2026:01:10:43 +0000","request":"GET /x HTTP/1.1",…}
 *
 * What servers write behind the user agent is left out, but for whom a proxy asked, where the line begins with one. Read in one pass, whatever the line holds.
 */
import type { ByteString } from "../../contracts/event.ts"
import { clientInHeader } from "../http/address-header.ts"
import { plainAddress } from "../http/address-text.ts"
import { type IsTrusted, isPrivate } from "../http/client-address.ts"
import { type JsonLogLineProblem, readJsonLogLine } from "./json-log-line.ts"
import { type LogClientProblem, noAddress, readLogClient } from "./log-client.ts"
import type { LogLine } from "./log-line-fields.ts"
import { timeOf } from "./log-time.ts"
import { withoutSyslogPrefix } from "./syslog-prefix.ts"

const noTime = "a time like [21/Nov/2026:01:10:43 +0000]"

/** What was expected where a line is of no known format; a short list. */
export type LogLineProblem =
  | LogClientProblem
  | JsonLogLineProblem
  | typeof noTime
  | "a request in quotes behind the time"
  | "a status of three digits behind the request"
  | "a size in bytes behind the status"
  | "a referrer in quotes behind the size, or the end"
  | "a user agent in quotes behind the referrer"

/** The line, or what was expected in it. `isProxy`: no client has that address, but a proxy. Never throws. */
export const parseLogLine = (
  written: ByteString,
  isProxy: IsTrusted = isPrivate
): LogLine | LogLineProblem => {
  const line = withoutMark(withoutSyslogPrefix(withoutMark(written))) as ByteString
  if (line.startsWith("{")) return readJsonLogLine(line, isProxy)
  const time = findTime(line)
  const client = readLogClient(line.slice(0, time?.start ?? endOfClient(line)), isProxy)
  if (time === undefined) return client === noAddress ? client : noTime
  if (typeof client === "string") return client
  const request = quotedAt(line, time.end)
  if (request === undefined) return "a request in quotes behind the time"
  const status = wordAt(line, request.end, /^(?:\d{3}|-)$/)
  if (status === undefined) return "a status of three digits behind the request"
  const bytes = wordAt(line, status.end, /^(?:\d{1,18}|-)$/)
  if (bytes === undefined) return "a size in bytes behind the status"
  const agent = bytes.end === line.length ? noAgent : agentAt(line, bytes.end)
  if (typeof agent === "string") return agent
  return {
    address: clientBehind(client.address, line, agent.end, isProxy),
    host: client.host as ByteString,
    user: client.user as ByteString,
    ts: time.ts,
    request: request.text,
    status: status.text,
    bytes: bytes.text,
    referrer: agent.referrer,
    userAgent: agent.userAgent
  }
}

/** Windows programs write a byte order mark before the first line of a file, RFC 5424 one before a message. */
const withoutMark = (line: string): string => (line.startsWith("\xef\xbb\xbf") ? line.slice(3) : line)

type Agent = Pick<LogLine, "referrer" | "userAgent"> & { readonly end: number }

const noAgent: Agent = {
  referrer: "" as ByteString,
  userAgent: "" as ByteString,
  end: Number.POSITIVE_INFINITY
}

const agentAt = (line: string, start: number): Agent | LogLineProblem => {
  const referrer = quotedAt(line, start)
  if (referrer === undefined) return "a referrer in quotes behind the size, or the end"
  const userAgent = quotedAt(line, referrer.end)
  if (userAgent === undefined) return "a user agent in quotes behind the referrer"
  return { referrer: referrer.text, userAgent: userAgent.text, end: userAgent.end }
}

/**
 * The client in `"203.0.113.9, 10.0.0.2"` there, where `address` is ours: so the log that nginx comes with says for whom a
 * proxy asked. Else the address itself: anything else in quotes, a port too, is no such list, but perhaps the server asked.
 */
const clientBehind = (address: string, line: string, behind: number, isProxy: IsTrusted): string => {
  if (line[behind + 1] !== '"' || !isProxy(address)) return address
  const hops = quotedAt(line, behind)?.text ?? ""
  if (hops.split(",").some((hop) => plainAddress(hop.trim()) === "")) return address
  const client = clientInHeader("x-forwarded-for", hops, isProxy)
  return isProxy(client) ? address : client
}

/** What stands in the brackets around a time is not longer. */
const longestTime = 40

/**
 * The first time in brackets that a quotation mark follows: a user's name may hold brackets, but no bare quotation mark.
 * Where none follows, the first time.
 */
const findTime = (line: string): { start: number; end: number; ts: number } | undefined => {
  let first: { start: number; end: number; ts: number } | undefined
  for (let start = line.indexOf(" ["); start !== -1; start = line.indexOf(" [", start + 1)) {
    const length = line.slice(start + 2, start + 3 + longestTime).indexOf("]")
    const ts = length === -1 ? undefined : timeOf(line.slice(start + 2, start + 2 + length))
    if (ts === undefined) continue
    const found = { start, end: start + 3 + length, ts }
    if (line[skipSpaces(line, found.end)] === '"') return found
    first ??= found
  }
  return first
}

const endOfClient = (line: string): number => {
  const bracket = line.indexOf(" [")
  return bracket === -1 ? line.length : bracket
}

/** Jetty writes two spaces where others write one. */
const skipSpaces = (line: string, start: number): number => {
  let at = start
  while (line[at] === " ") at++
  return at
}

/** The word behind the spaces there and the place of its end; undefined where there are no spaces, or it is no such word. */
const wordAt = (line: string, behind: number, pattern: RegExp): Read | undefined => {
  const start = skipSpaces(line, behind)
  const space = line.indexOf(" ", start)
  const end = space === -1 ? line.length : space
  const word = line.slice(start, end)
  return start > behind && pattern.test(word) ? { text: present(word), end } : undefined
}

interface Read {
  readonly text: ByteString
  readonly end: number
}

const present = (text: string): ByteString => (text === "-" ? "" : text) as ByteString

/** The text in quotes behind the spaces there, without its escapes, and the place behind its end. */
const quotedAt = (line: string, behind: number): Read | undefined => {
  const start = skipSpaces(line, behind)
  if (start === behind || line[start] !== '"') return undefined
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
