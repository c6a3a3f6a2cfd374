/**
 * A line of the queue, in either dialect: parsed to an event, and written by the edge.
 *
 *     pushtech   ip ts(ms) host pod path query user agent
 *     adtekio    ip ts(s) topic path query user agent
 *
 * Fields are separated by exactly one space, so two consecutive spaces enclose an empty field; the user agent is
 * everything after the query's space. Rules where the contract is silent:
 * - A line whose fourth and fifth field both begin with `/` is adtekio. A pod is a name or an address and never begins
 *   with `/`, while a query may. So no client input changes the dialect of a line.
 * - A line that ends with its query, without the space, has an empty user agent: some trackers trim their lines.
 * - An empty query field is an empty query (`e` or `p`). An empty host, pod or topic stays empty.
 * - A line end (`\n`, `\r\n` or `\r`) at the end of a line is ignored: `redis-cli -x` and text files add one.
 * - A zone of an IPv6 address (`fe80::1%eth0`) is removed.
 * - The time consists of digits and is not later than the maximum of a JavaScript `Date`.
 */
import type { ByteString, RawEvent } from "../event.ts"
import type { Topic } from "../ids.ts"
import { isIp, withoutZone } from "./ip.ts"
import { escapeField, escapeUserAgent } from "./percent.ts"

/** Why a line is not an event; the reason of its dead letter. */
export type UnreadableReason =
  | "empty"
  | "too few fields"
  | "no path"
  | "time is not a number"
  | "not an IP address"

/** The result of parsing a line: one event, or the reason why not. */
export type ParsedLine =
  | {
      readonly kind: "event"
      readonly event: RawEvent
      /** The line (or its host) names a topic that is not allowed, so its event goes to `KAFKA_TOPIC`; it is counted. */
      readonly isTopicUnknown: boolean
    }
  | { readonly kind: "unreadable"; readonly index: number; readonly reason: UnreadableReason }

/** `topic` is `KAFKA_TOPIC`, `topics` are the further topics that lines may name (`KAFKA_TOPICS`). */
export interface LineSettings {
  readonly topic: Topic
  readonly topics: ReadonlySet<string>
  /** The first label of a pushtech line's host is its topic. */
  readonly fromHost?: boolean
}

/**
 * The topic in the first label of a host, as written or in lower case: `clicks` for `clicks.example.com`. Undefined when
 * it is not allowed.
 */
export const topicOfHost = (host: ByteString, { topic, topics }: LineSettings): Topic | undefined => {
  const dot = host.indexOf(".")
  const label = dot === -1 ? host : host.slice(0, dot)
  const isKnown = (name: string): boolean => name === topic || topics.has(name)
  if (isKnown(label)) return label as string as Topic
  const lower = label.toLowerCase()
  return isKnown(lower) ? (lower as Topic) : undefined
}

/** The maximum of a JavaScript `Date`, milliseconds since 1970. */
const lastTime = 8_640_000_000_000_000

/** Parses one line; `index` is its place in its batch. Never throws. */
export const parseLine = (pushed: ByteString, settings: LineSettings, index: number): ParsedLine => {
  const line = withoutLineEnd(pushed)
  if (line === "") return unreadable(index, "empty")
  const a = line.indexOf(" ")
  const b = a === -1 ? -1 : line.indexOf(" ", a + 1)
  const c = b === -1 ? -1 : line.indexOf(" ", b + 1)
  const d = c === -1 ? -1 : line.indexOf(" ", c + 1)
  if (d === -1) return unreadable(index, "too few fields")
  const isAdtekio = line[c + 1] === "/"
  if (!isAdtekio && line[d + 1] !== "/") return unreadable(index, "no path")
  const pathStart = isAdtekio ? c + 1 : d + 1
  const pathEnd = isAdtekio ? d : line.indexOf(" ", pathStart)
  if (pathEnd === -1) return unreadable(index, "too few fields")
  const ts = readTime(line, a + 1, b, isAdtekio ? lastTime / 1000 : lastTime)
  if (ts === undefined) return unreadable(index, "time is not a number")
  const ip = withoutZone(line.slice(0, a))
  if (!isIp(ip)) return unreadable(index, "not an IP address")

  const queryEnd = line.indexOf(" ", pathEnd + 1)
  const query = queryEnd === -1 ? line.slice(pathEnd + 1) : line.slice(pathEnd + 1, queryEnd)
  const third = line.slice(b + 1, c)
  const named = topicIn(third, isAdtekio, settings)
  return {
    kind: "event",
    event: {
      index,
      dialect: isAdtekio ? "adtekio" : "pushtech",
      topic: named ?? settings.topic,
      ip,
      ts,
      host: (isAdtekio ? "" : third) as ByteString,
      pod: (isAdtekio ? "" : line.slice(c + 1, d)) as ByteString,
      path: line.slice(pathStart, pathEnd) as ByteString,
      query: (query !== "" ? query : isAdtekio ? "p" : "e") as ByteString,
      userAgent: (queryEnd === -1 ? "" : line.slice(queryEnd + 1)) as ByteString
    },
    isTopicUnknown: named === undefined
  }
}

const withoutLineEnd = (line: ByteString): ByteString => {
  let end = line.length
  if (line.charCodeAt(end - 1) === 10) end--
  if (line.charCodeAt(end - 1) === 13) end--
  return end === line.length ? line : (line.slice(0, end) as ByteString)
}

/** The topic in the third field; undefined when it is not allowed. */
const topicIn = (third: string, isAdtekio: boolean, settings: LineSettings): Topic | undefined => {
  if (isAdtekio) {
    return third === settings.topic || settings.topics.has(third) ? (third as Topic) : undefined
  }
  return settings.fromHost === true ? topicOfHost(third as ByteString, settings) : settings.topic
}

const unreadable = (index: number, reason: UnreadableReason): ParsedLine => ({
  kind: "unreadable",
  index,
  reason
})

/** The digits from `start` to `end` as a number; undefined for any other character or a number above `last`. */
const readTime = (line: string, start: number, end: number, last: number): number | undefined => {
  if (start === end) return undefined
  let time = 0
  for (let at = start; at < end; at++) {
    const digit = line.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return undefined
    time = time * 10 + digit
    if (time > last) return undefined
  }
  return time
}

/** The fields of a pushtech line; `ts` in milliseconds since 1970, the query without `?`. */
export interface PushtechLine {
  readonly dialect: "pushtech"
  readonly ip: string
  readonly ts: number
  readonly host: ByteString
  readonly pod: ByteString
  readonly path: ByteString
  readonly query: ByteString
  readonly userAgent: ByteString
}

/** The fields of an adtekio line; `ts` in seconds since 1970, the query without `?`. */
export interface AdtekioLine {
  readonly dialect: "adtekio"
  readonly ip: string
  readonly ts: number
  readonly topic: Topic
  readonly path: ByteString
  readonly query: ByteString
  readonly userAgent: ByteString
}

/**
 * Writes the line of one event. For any content of the fields, `parseLine` returns exactly one event of the same dialect:
 * spaces and control characters become `%XX` (a user agent keeps its spaces), an empty query `e` or `p`, an empty pod
 * `nopod`, an empty host `-`, an empty path `/`, and an invalid address `0.0.0.0` (a zone is removed). Texts must be
 * bytes: `bytesOf(text)`.
 */
export const formatLine = (line: PushtechLine | AdtekioLine): ByteString => {
  const ip = addressOf(line.ip)
  const path = escapeField((line.path.startsWith("/") ? line.path : `/${line.path}`) as ByteString)
  const userAgent = escapeUserAgent(line.userAgent)
  if (line.dialect === "adtekio") {
    const query = escapeField(line.query) || "p"
    const ts = timeOf(line.ts, lastTime / 1000)
    return `${ip} ${ts} ${escapeField(line.topic as string as ByteString)} ${path} ${query} ${userAgent}` as ByteString
  }
  const query = escapeField(line.query) || "e"
  const host = escapeField(line.host) || "-"
  const pod = escapeField(line.pod).replace(/^\//, "%2F") || "nopod"
  return `${ip} ${timeOf(line.ts, lastTime)} ${host} ${pod} ${path} ${query} ${userAgent}` as ByteString
}

const addressOf = (ip: string): string => {
  const zone = ip.indexOf("%")
  const address = zone === -1 ? ip : ip.slice(0, zone)
  return isIp(address) ? address : "0.0.0.0"
}

const timeOf = (ts: number, last: number): number => Math.min(Math.max(Math.trunc(ts) || 0, 0), last)
