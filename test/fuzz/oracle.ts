/** What an answer may be, and how many events it says are in the queue. */
import type { runtimes } from "../support/spoor.ts"
import type { Answer } from "./answers.ts"
import type { Attack } from "./attack.ts"
import type { Exchange } from "./exchange.ts"

/** The status of each code of the contract. */
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
 * What each runtime says itself, with an empty body, before any handler of ours: to attacks of that name, and to `wild`
 * bytes, which may be no HTTP. Deno takes no target that is not UTF-8 or has a `<` or `>` in it.
 */
const ofRuntime = {
  bun: { headers: [431], query: [431], wild: [400, 413, 431, 505] },
  deno: { headers: [400], query: [400, 414], wild: [400, 414] }
} as const satisfies Record<keyof typeof runtimes, Readonly<Record<string, ReadonlyArray<number>>>>

const ownAnswers = (runtime: keyof typeof runtimes, { asked, name }: Attack): ReadonlyArray<number> => {
  const own = ofRuntime[runtime]
  if (asked === undefined) return own.wild
  return name === "headers" ? own.headers : name === "query" ? own.query : []
}

/** From the fewest to the most events that are in the queue. */
export interface Range {
  readonly least: number
  readonly most: number
}

/** What is wrong with an answer to an attack, at its place from 0; undefined for one that may be. */
export const wrongIn = (
  runtime: keyof typeof runtimes,
  attack: Attack,
  answer: Answer,
  index: number
): string | undefined => {
  const { status, headers, body } = answer
  if (good.has(status)) return undefined
  const known: ReadonlyArray<number> = Object.values(statuses)
  if (attack.asked?.[index]?.isHead === true && known.includes(status)) return undefined
  if (body === "" && ownAnswers(runtime, attack).includes(status)) return undefined
  const said = jsonIn(body)
  const error = typeof said?.error === "string" ? said.error : ""
  if (!Object.hasOwn(statuses, error) || statuses[error] !== status)
    return `status ${status} says ${body.slice(0, 200)}`
  if (typeof said?.message !== "string" || said.message === "") return `status ${status} has no message`
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

/** What became of a request with at most so many events, of its answer. */
const rangeOf = (answer: Answer | undefined, events: number): Range => {
  if (answer === undefined) return { least: 0, most: events }
  const { status, body } = answer
  if (status === 503) return { least: 0, most: body.includes('"busy"') ? 0 : events }
  if (!good.has(status)) return exactly(0)
  const { verdicts, taken, retry } = jsonIn(body) ?? {}
  if (Array.isArray(verdicts)) {
    const count = (verdict: string): number => verdicts.filter((one) => one?.verdict === verdict).length
    return { least: count("ok"), most: count("ok") + count("retry") }
  }
  if (typeof taken === "number") {
    return { least: taken, most: taken + (Array.isArray(retry) ? retry.length : 0) }
  }
  return exactly(events)
}

const exactly = (events: number): Range => ({ least: events, most: events })

/** What became of all events of an attack. */
export const rangeIn = (
  runtime: keyof typeof runtimes,
  { asked, most }: Attack,
  { answers }: Exchange
): Range => {
  if (asked === undefined) {
    const [first] = answers
    // Bun tells who goes on with what is no request so, and forgets the answer that was still being made.
    const isForgotten = runtime === "bun" && first?.body === "" && !good.has(first.status)
    // Bytes that hold one request at the most: a "no" says that there was none.
    return { least: 0, most: most > 1 || isForgotten ? most : rangeOf(first, 1).most }
  }
  const ranges = asked.map(({ events }, index) => rangeOf(answers[index], events))
  return {
    least: ranges.reduce((sum, range) => sum + range.least, 0),
    most: ranges.reduce((sum, range) => sum + range.most, 0)
  }
}
