/** The oracle: whether a response is allowed, and how many events it acknowledges. */
import type { runtimes } from "../support/spoor.ts"
import type { Attack } from "./attack.ts"
import type { Exchange } from "./exchange.ts"
import type { ResponseRead } from "./read-responses.ts"

/** The status of each error code. */
const statuses: Readonly<Record<string, number>> = {
  "bad-request": 400,
  unauthorized: 401,
  "not-found": 404,
  "method-not-allowed": 405,
  timeout: 408,
  "too-large": 413,
  "uri-too-long": 414,
  "unsupported-media-type": 415,
  "too-many-requests": 429,
  "headers-too-large": 431,
  busy: 503,
  unavailable: 503
}
const good = new Set([200, 201, 204, 307])
const again = new Set([408, 429, 503])
/**
 * Statuses that each runtime sends itself, with an empty body, before our handler: for attacks of that name, and for `wild`
 * bytes, which may be invalid HTTP. Deno refuses a target that is not UTF-8 or contains `<` or `>`.
 */
const runtimeStatusesOf = {
  bun: { headers: [431], query: [431], wild: [400, 413, 431, 505] },
  deno: { headers: [400], query: [400, 414], wild: [400, 414] }
} as const satisfies Record<keyof typeof runtimes, Readonly<Record<string, ReadonlyArray<number>>>>

const runtimeStatuses = (
  runtime: keyof typeof runtimes,
  { requests, name }: Attack
): ReadonlyArray<number> => {
  const own = runtimeStatusesOf[runtime]
  if (requests === undefined) return own.wild
  return name === "headers" ? own.headers : name === "query" ? own.query : []
}

/** The minimum and maximum number of events in the queue. */
export interface Range {
  readonly min: number
  readonly max: number
}

/** What is wrong with the response at that index; undefined for an allowed response. */
export const problemOf = (
  runtime: keyof typeof runtimes,
  attack: Attack,
  response: ResponseRead,
  index: number
): string | undefined => {
  const { status, headers, body } = response
  if (good.has(status)) return undefined
  const known: ReadonlyArray<number> = Object.values(statuses)
  if (attack.requests?.[index]?.isHead === true && known.includes(status)) return undefined
  if (body === "" && runtimeStatuses(runtime, attack).includes(status)) return undefined
  const answer = jsonIn(body)
  const error = typeof answer?.error === "string" ? answer.error : ""
  if (!Object.hasOwn(statuses, error) || statuses[error] !== status)
    return `status ${status} with the body ${body.slice(0, 200)}`
  if (typeof answer?.message !== "string" || answer.message === "") return `status ${status} has no message`
  if (again.has(status) && !/^[1-9]\d*$/.test(headers.get("retry-after") ?? ""))
    return `${status} without Retry-After`
  return undefined
}

const jsonIn = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}

/** The events that a request became, by its response; `events` is their maximum. */
const responseRange = (response: ResponseRead | undefined, events: number): Range => {
  if (response === undefined) return { min: 0, max: events }
  const { status, body } = response
  if (status === 503) return { min: 0, max: body.includes('"busy"') ? 0 : events }
  if (!good.has(status)) return exactly(0)
  const { verdicts, taken, retry } = jsonIn(body) ?? {}
  if (Array.isArray(verdicts)) {
    const count = (verdict: string): number => verdicts.filter((one) => one?.verdict === verdict).length
    return { min: count("ok"), max: count("ok") + count("retry") }
  }
  if (typeof taken === "number") {
    return { min: taken, max: taken + (Array.isArray(retry) ? retry.length : 0) }
  }
  return exactly(events)
}

const exactly = (events: number): Range => ({ min: events, max: events })

/** The events that an attack became. */
export const attackRange = (
  runtime: keyof typeof runtimes,
  { requests, max }: Attack,
  { responses }: Exchange
): Range => {
  if (requests === undefined) {
    const [first] = responses
    // Bun responds so to invalid data after a request, and drops the response that was still being made.
    const isForgotten = runtime === "bun" && first?.body === "" && !good.has(first.status)
    // At most one request: an error response says that it became no event.
    return { min: 0, max: max > 1 || isForgotten ? max : responseRange(first, 1).max }
  }
  const ranges = requests.map(({ events }, index) => responseRange(responses[index], events))
  return {
    min: ranges.reduce((sum, range) => sum + range.min, 0),
    max: ranges.reduce((sum, range) => sum + range.max, 0)
  }
}
