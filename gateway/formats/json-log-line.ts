/**
 * Parses a line of a server log in JSON, as nginx writes it with `escape=json`: an object whose names are nginx's variables
 * or common names for them. Names are case-insensitive, `-` equals `_`, and a leading `@` is ignored. Other fields are
 * dropped.
 */
import { type ByteString, bytesOf } from "../../contracts/event.ts"
import { clientInHeader } from "../http/address-header.ts"
import { readAddress } from "../http/address-text.ts"
import type { IsTrusted } from "../http/client-address.ts"
import { hostOf } from "../http/host.ts"
import type { LogLine } from "./log-line-fields.ts"
import { timeOf, timeOfNumber } from "./log-time.ts"

/** The first name with a value counts. */
const names = {
  address: ["remote_addr", "remote_ip", "client_ip", "clientip", "ip", "client", "address", "remote"],
  forwarded: ["http_x_forwarded_for", "x_forwarded_for", "xff", "forwarded_for"],
  time: ["time_local", "time_iso8601", "msec", "timestamp", "time", "datetime", "date", "ts", "t"],
  request: ["request"],
  method: ["request_method", "method", "verb"],
  url: ["request_uri", "uri", "url", "path"],
  protocol: ["server_protocol", "protocol"],
  status: ["status"],
  bytes: ["body_bytes_sent", "bytes_sent", "bytes", "size", "length"],
  referrer: ["http_referer", "http_referrer", "referer", "referrer"],
  userAgent: ["http_user_agent", "user_agent", "useragent", "agent", "ua"],
  user: ["remote_user", "user"],
  host: ["http_host", "host", "server_name", "domain"]
} as const

type Field = keyof typeof names

export type JsonLogLineProblem =
  | "one JSON object"
  | "remote_addr, an IP address"
  | "time_local, time_iso8601 or msec, a time with its offset from UTC"
  | "request or request_uri"

/** `isProxy` says whether an address belongs to a proxy. Never throws. */
export const readJsonLogLine = (line: ByteString, isProxy: IsTrusted): LogLine | JsonLogLineProblem => {
  const values = valuesIn(line)
  if (values === undefined) return "one JSON object"
  const text = (field: Field): ByteString => {
    const value = names[field].map((name) => values.get(name)).find((one) => one !== undefined) ?? ""
    return (value === "-" ? "" : value) as ByteString
  }

  const address = addressIn(text("address"), text("forwarded"), isProxy)
  if (address === "") return "remote_addr, an IP address"
  const ts = timeIn(names.time.flatMap((name) => values.get(name) ?? []))
  if (ts === undefined) return "time_local, time_iso8601 or msec, a time with its offset from UTC"
  const request = requestIn(text)
  if (request === "") return "request or request_uri"
  const host = text("host")
  return {
    address,
    host: readAddress(host) === "" ? (hostOf(host) ?? ("" as ByteString)) : ("" as ByteString),
    user: text("user"),
    ts,
    request,
    status: digits(text("status"), /^\d{3}$/),
    bytes: digits(text("bytes"), /^\d{1,18}$/),
    referrer: text("referrer"),
    userAgent: text("userAgent")
  }
}

const digits = (text: ByteString, pattern: RegExp): ByteString =>
  pattern.test(text) ? text : ("" as ByteString)

/** The strings and numbers of an object by name, as bytes; undefined when the line is not an object. */
const valuesIn = (line: ByteString): ReadonlyMap<string, string> | undefined => {
  const parsed = parse(marked(line))
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return undefined
  const values = new Map<string, string>()
  for (const [name, value] of Object.entries(parsed)) {
    const known = name.toLowerCase().replace(/^@/, "").replaceAll("-", "_")
    if (typeof value === "string" && value !== "") values.set(known, unmarked(value))
    if (typeof value === "number") values.set(known, String(value))
  }
  return values
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Maps non-ASCII bytes to private-use characters, to distinguish them from characters of JSON escapes. */
const marked = (line: string): string =>
  line.replace(/[\x80-\xff]/g, (byte) => String.fromCharCode(byte.charCodeAt(0) + 0xf700))

const unmarked = (text: string): string =>
  text.replace(/[\uf780-\uf7ff]+|[^\0-\x7f\uf780-\uf7ff]+/g, (run) =>
    /^[\uf780-\uf7ff]/.test(run)
      ? run.replace(/./gs, (char) => String.fromCharCode(char.charCodeAt(0) - 0xf700))
      : bytesOf(run)
  )

/** The peer's address, or the client's address from the forwarded header when the peer is a trusted proxy or a local socket (`unix:`). */
const addressIn = (peer: string, forwarded: string, isProxy: IsTrusted): string => {
  const address = readAddress(peer)
  const isForwarded = address === "" ? peer.startsWith("unix:") || peer === "" : isProxy(address)
  return (isForwarded ? clientInHeader("x-forwarded-for", forwarded, isProxy) : "") || address
}

const timeIn = (written: ReadonlyArray<string>): number | undefined =>
  written
    .map((time) => (/^\d+(?:\.\d+)?$/.test(time) ? timeOfNumber(Number(time)) : timeOf(time)))
    .find((time) => time !== undefined)

/** `GET /x HTTP/1.1`, assembled when its parts are logged separately; some logs put all of it into the method field. */
const requestIn = (text: (field: Field) => ByteString): ByteString => {
  const whole = text("request")
  const method = text("method")
  if (whole !== "" || method.includes(" ")) return whole || method
  const url = text("url")
  return (
    url === "" ? "" : [method, url, text("protocol")].filter((part) => part !== "").join(" ")
  ) as ByteString
}
