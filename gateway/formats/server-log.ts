/**
 * `POST /api/v1/beacon/log`: lines of a web server's log, one event each, of the type `log`. The parts of a line become
 * parameters: `method`, `url`, `protocol` (or `request` where the client sent no such thing), `status`, `bytes`,
 * `referrer`, `user`, and the time of the log as `ts`. User agent and virtual host are the line's own; so is the address,
 * but only when the sender, found as for any request behind our proxies, is one of TRUSTED_PROXIES: else anyone could send
 * events in the name of any address.
 */
import { byteStringOf } from "../../contracts/byte-string.ts"
import type { ByteString } from "../../contracts/event.ts"
import { encodeValue } from "../../contracts/wire/percent.ts"
import type { NewEvent, TakeEvents } from "../accept-events.ts"
import { maxQueryBytes } from "../http/body/limits.ts"
import type { ReadBody } from "../http/body/read-body.ts"
import { type IsTrusted, isPrivate, namesStranger } from "../http/client-address.ts"
import { Refusal, refuse } from "../http/errors.ts"
import type { Arrival } from "../request-context.ts"
import type { Handler } from "../routes.ts"
import { type LogImportResult, logImportResult } from "./answers.ts"
import type { CountRejected } from "./batch.ts"
import { idempotencyKey } from "./idempotency-key.ts"
import { parseLogLine } from "./log-line.ts"
import type { LogLine } from "./log-line-fields.ts"

/** A line with its number, from 1. */
type Read =
  | { readonly line: number; readonly event: NewEvent }
  | { readonly line: number; readonly reason: string }

type ToEvent = (line: number, parsed: LogLine) => NewEvent

/** How many rejected lines are told one by one. */
export const mostReasons = 10

export const serverLog =
  (
    take: TakeEvents,
    readBody: ReadBody,
    isTrusted: IsTrusted,
    most: number,
    countRejected: CountRejected
  ): Handler =>
  async (arrival) => {
    const isProxy: IsTrusted = (address) => isPrivate(address) || isTrusted(address)
    const isOurs = isTrusted(arrival.address) && !namesStranger(arrival.request.headers, isTrusted)
    const id = idempotencyKey(arrival.request.headers)
    const toEvent = (line: number, parsed: LogLine): NewEvent => ({
      path: arrival.target.path,
      query: queryOf(parsed),
      userAgent: parsed.userAgent,
      ...(parsed.host === "" ? {} : { host: parsed.host }),
      ...(isOurs ? { address: parsed.address } : {}),
      id: id === undefined ? undefined : `${id}-${line}`
    })
    const read = await readBody(arrival.request, (bytes) =>
      readLog(bytes, most, (line, written) => readLine(line, written, isProxy, toEvent))
    )
    const account = await taken(take, arrival, read)
    if (account.rejected > 0) countRejected(account.rejected, "server log")
    if (account.taken === 0 && account.retry.length > 0) {
      return refuse("unavailable", "No line could be stored now; try again.")
    }
    return logImportResult(account)
  }

const taken = async (
  take: TakeEvents,
  arrival: Arrival,
  read: ReadonlyArray<Read>
): Promise<LogImportResult> => {
  const events = read.flatMap((one) => ("event" in one ? [one.event] : []))
  const verdicts = (await take.all(arrival, events)).values()
  const refused: Array<LogImportResult["reasons"][number]> = []
  const retry: Array<number> = []
  for (const one of read) {
    const verdict = "event" in one ? verdicts.next().value : undefined
    if ("reason" in one) refused.push(one)
    else if (verdict?.verdict === "rejected") refused.push({ line: one.line, reason: verdict.reason })
    else if (verdict?.verdict !== "ok") retry.push(one.line)
  }
  return {
    taken: read.length - refused.length - retry.length,
    rejected: refused.length,
    reasons: refused.slice(0, mostReasons),
    retry
  }
}

/** The lines that are not blank. Throws a `Refusal` (413) when there are too many. */
const readLog = (
  bytes: Uint8Array,
  most: number,
  readOne: (line: number, written: ByteString) => Read
): ReadonlyArray<Read> => {
  const text = byteStringOf(bytes)
  const read: Array<Read> = []
  for (let start = 0, line = 1; start < text.length; line++) {
    const found = text.indexOf("\n", start)
    const end = found === -1 ? text.length : found
    const written = text.slice(start, end).trim() as ByteString
    start = end + 1
    if (written === "") continue
    if (read.length === most) {
      throw new Refusal("too-large", `A request may have ${most} lines; send them in pieces.`)
    }
    read.push(readOne(line, written))
  }
  return read
}

const readLine = (line: number, written: ByteString, isProxy: IsTrusted, toEvent: ToEvent): Read => {
  const parsed = parseLogLine(written, isProxy)
  if (typeof parsed === "string") return { line, reason: `Unknown log format: expected ${parsed}.` }
  const event = toEvent(line, parsed)
  return event.query.length > maxQueryBytes
    ? { line, reason: `The parameters of an event may weigh ${maxQueryBytes} bytes.` }
    : { line, event }
}

const queryOf = (line: LogLine): ByteString =>
  [
    ...requestOf(line.request),
    ["status", line.status] as const,
    ["bytes", line.bytes] as const,
    ["referrer", line.referrer] as const,
    ["user", line.user] as const,
    ["ts", String(line.ts) as ByteString] as const
  ]
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}=${encodeValue(value)}`)
    .join("&") as ByteString

/** Whatever stands between method and protocol is the URL, spaces too. Without a protocol nobody can say where it ends. */
const requestOf = (request: ByteString): ReadonlyArray<readonly [name: string, value: ByteString]> => {
  const first = request.indexOf(" ")
  const last = request.lastIndexOf(" ")
  const url = request.slice(first + 1, last).trim()
  const protocol = request.slice(last + 1)
  if (first < 1 || last <= first || url === "" || !/^[A-Z]{2,10}\/\d(\.\d)?$/.test(protocol)) {
    return [["request", request]]
  }
  return [
    ["method", request.slice(0, first) as ByteString],
    ["url", url as ByteString],
    ["protocol", protocol as ByteString]
  ]
}
