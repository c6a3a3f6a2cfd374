/**
 * `POST /api/v1/beacon/log`: lines of a web server's log, one event of the type `log` per line. The fields of a line become
 * parameters: `method`, `url`, `protocol` (or `request` for an invalid request line), `status`, `bytes`, `referrer`,
 * `user`, and the line's time as `ts`. User agent and virtual host are those of the line. The address of the line counts
 * only when the sender is in TRUSTED_PROXIES; otherwise anyone could send events for any address.
 */
import { byteStringOf } from "../../contracts/byte-string.ts"
import type { ByteString } from "../../contracts/event.ts"
import { encodeValue } from "../../contracts/wire/percent.ts"
import type { AcceptEvents, NewEvent } from "../accept-events.ts"
import type { ReadBody } from "../http/body/read-body.ts"
import { type IsTrusted, isPrivate, namesUntrustedAddress } from "../http/client-address.ts"
import { HttpError, refuse } from "../http/errors.ts"
import type { RequestContext } from "../request-context.ts"
import type { Handler } from "../routes.ts"
import { type LogImportResult, logImportResult } from "./answers.ts"
import type { CountRejected } from "./batch.ts"
import { idempotencyKey } from "./idempotency-key.ts"
import { maxQueryBytes, parametersExceedLimit } from "./limits.ts"
import { parseLogLine } from "./log-line.ts"
import type { LogLine } from "./log-line-fields.ts"

/** A line with its number, counted from 1. */
type Read =
  | { readonly line: number; readonly event: NewEvent }
  | { readonly line: number; readonly reason: string }

type ToEvent = (line: number, parsed: LogLine) => NewEvent

/** Rejected lines that are listed in the response; more are only counted. */
export const maxReasons = 10

export const postServerLog =
  (
    accept: AcceptEvents,
    readBody: ReadBody,
    isTrusted: IsTrusted,
    maxLines: number,
    countRejected: CountRejected
  ): Handler =>
  async (context) => {
    const isProxy: IsTrusted = (address) => isPrivate(address) || isTrusted(address)
    const isTrustedSender =
      isTrusted(context.address) && !namesUntrustedAddress(context.request.headers, isTrusted)
    const id = idempotencyKey(context.request.headers)
    const toEvent = (line: number, parsed: LogLine): NewEvent => ({
      path: context.target.path,
      query: queryOf(parsed),
      userAgent: parsed.userAgent,
      ...(parsed.host === "" ? {} : { host: parsed.host }),
      ...(isTrustedSender ? { address: parsed.address } : {}),
      id: id === undefined ? undefined : `${id}-${line}`
    })
    const read = await readBody(context.request, (bytes) =>
      readLog(bytes, maxLines, (line, written) => readLine(line, written, isProxy, toEvent))
    )
    const result = await accepted(accept, context, read)
    if (result.rejected > 0) countRejected(result.rejected, "server log")
    if (result.taken === 0 && result.retry.length > 0) {
      return refuse("unavailable", "No line could be stored; try again later.")
    }
    return logImportResult(result)
  }

const accepted = async (
  accept: AcceptEvents,
  context: RequestContext,
  read: ReadonlyArray<Read>
): Promise<LogImportResult> => {
  const events = read.flatMap((one) => ("event" in one ? [one.event] : []))
  const results = (await accept.all(context, events)).values()
  const rejected: Array<LogImportResult["reasons"][number]> = []
  const retry: Array<number> = []
  for (const one of read) {
    const result = "event" in one ? results.next().value : undefined
    if ("reason" in one) rejected.push(one)
    else if (result?.verdict === "rejected") rejected.push({ line: one.line, reason: result.reason })
    else if (result?.verdict !== "ok") retry.push(one.line)
  }
  return {
    taken: read.length - rejected.length - retry.length,
    rejected: rejected.length,
    reasons: rejected.slice(0, maxReasons),
    retry
  }
}

/** The lines that are not blank. Throws an `HttpError` (413) when there are too many. */
const readLog = (
  bytes: Uint8Array,
  maxLines: number,
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
    if (read.length === maxLines) {
      throw new HttpError("too-large", `The request exceeds ${maxLines} lines; split it.`)
    }
    read.push(readOne(line, written))
  }
  return read
}

const readLine = (line: number, written: ByteString, isProxy: IsTrusted, toEvent: ToEvent): Read => {
  const parsed = parseLogLine(written, isProxy)
  if (typeof parsed === "string") return { line, reason: `Unknown log format: expected ${parsed}.` }
  const event = toEvent(line, parsed)
  return event.query.length > maxQueryBytes ? { line, reason: parametersExceedLimit } : { line, event }
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

/** The URL is everything between method and protocol, including spaces. Without a protocol its end is unknown. */
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
