/**
 * Parses a line of a web server's log in one of these formats, each also with a syslog prefix:
 *
 *     common      203.0.113.9 - bob [21/Nov/2026:01:10:43 +0000] "GET /x?a=1 HTTP/1.1" 200 612
 *     combined    … 200 612 "https://a.example/" "Mozilla/5.0"
 *     vhost_*     shop.example:443 203.0.113.9 - bob […
 *     forwarded   203.0.113.9, 10.0.0.1 - bob […
 *     JSON        {"remote_addr":"203.0.113.9","time_local":"21/Nov/2026:01:10:43 +0000","request":"GET /x HTTP/1.1",…}
 *
 * Fields after the user agent are ignored, except the forwarded-for list of a line that begins with a proxy's address.
 * The time to parse is linear in the length of the line.
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

/** What was expected in a line of an unknown format. */
export type LogLineProblem =
  | LogClientProblem
  | JsonLogLineProblem
  | typeof noTime
  | "a request in quotes after the time"
  | "a status of three digits after the request"
  | "a size in bytes after the status"
  | "a referrer in quotes after the size, or the end"
  | "a user agent in quotes after the referrer"

/** The line's fields, or what was expected. `isProxy` says whether an address belongs to a proxy. Never throws. */
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
  const request = readQuoted(line, time.end)
  if (request === undefined) return "a request in quotes after the time"
  const status = readWord(line, request.end, /^(?:\d{3}|-)$/)
  if (status === undefined) return "a status of three digits after the request"
  const bytes = readWord(line, status.end, /^(?:\d{1,18}|-)$/)
  if (bytes === undefined) return "a size in bytes after the status"
  const agent = bytes.end === line.length ? noAgent : agentAt(line, bytes.end)
  if (typeof agent === "string") return agent
  return {
    address: clientAfter(client.address, line, agent.end, isProxy),
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

/** Windows programs write a byte order mark at the start of a file; RFC 5424 puts one before a message. */
const withoutMark = (line: string): string => (line.startsWith("\xef\xbb\xbf") ? line.slice(3) : line)

type Agent = Pick<LogLine, "referrer" | "userAgent"> & { readonly end: number }

const noAgent: Agent = {
  referrer: "" as ByteString,
  userAgent: "" as ByteString,
  end: Number.POSITIVE_INFINITY
}

const agentAt = (line: string, start: number): Agent | LogLineProblem => {
  const referrer = readQuoted(line, start)
  if (referrer === undefined) return "a referrer in quotes after the size, or the end"
  const userAgent = readQuoted(line, referrer.end)
  if (userAgent === undefined) return "a user agent in quotes after the referrer"
  return { referrer: referrer.text, userAgent: userAgent.text, end: userAgent.end }
}

/**
 * When `address` is a proxy's, the client in a following `"203.0.113.9, 10.0.0.2"`, as nginx's default log format has it.
 * Otherwise the address itself: any other quoted text, even an address with a port, is not such a list.
 */
const clientAfter = (address: string, line: string, after: number, isProxy: IsTrusted): string => {
  if (line[after + 1] !== '"' || !isProxy(address)) return address
  const hops = readQuoted(line, after)?.text ?? ""
  if (hops.split(",").some((hop) => plainAddress(hop.trim()) === "")) return address
  const client = clientInHeader("x-forwarded-for", hops, isProxy)
  return isProxy(client) ? address : client
}

/** Maximum length of a time in brackets, characters. */
const maxTimeLength = 40

/**
 * The first time in brackets that is followed by a quotation mark: a user name may contain brackets, but no unescaped
 * quotation mark. If none is followed by one, the first time.
 */
const findTime = (line: string): { start: number; end: number; ts: number } | undefined => {
  let first: { start: number; end: number; ts: number } | undefined
  for (let start = line.indexOf(" ["); start !== -1; start = line.indexOf(" [", start + 1)) {
    const length = line.slice(start + 2, start + 3 + maxTimeLength).indexOf("]")
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

/** The word after the spaces at that position, and its end; undefined without spaces or when the word does not match. */
const readWord = (line: string, after: number, pattern: RegExp): Read | undefined => {
  const start = skipSpaces(line, after)
  const space = line.indexOf(" ", start)
  const end = space === -1 ? line.length : space
  const word = line.slice(start, end)
  return start > after && pattern.test(word) ? { text: present(word), end } : undefined
}

interface Read {
  readonly text: ByteString
  readonly end: number
}

const present = (text: string): ByteString => (text === "-" ? "" : text) as ByteString

/** The quoted text after the spaces at that position, unescaped, and the position after it. */
const readQuoted = (line: string, after: number): Read | undefined => {
  const start = skipSpaces(line, after)
  if (start === after || line[start] !== '"') return undefined
  let end = start + 1
  while (end < line.length && line[end] !== '"') end += line[end] === "\\" ? 2 : 1
  if (end >= line.length) return undefined
  return { text: present(unescaped(line.slice(start + 1, end))), end: end + 1 }
}

const letters: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", v: "\v", f: "\f" }

/** Servers escape `"`, `\` and unprintable bytes as `\"`, `\\`, `\n` and `\x16`. */
const unescaped = (text: string): string =>
  text.includes("\\")
    ? text.replace(/\\(?:x([0-9A-Fa-f]{2})|(.))/gs, (_, hex: string | undefined, char: string) =>
        hex === undefined ? (letters[char] ?? char) : String.fromCharCode(Number.parseInt(hex, 16))
      )
    : text
