/** Every "no" of the HTTP edge: one table from an error's code to its status and headers, and answers made from it. */
import { Failure } from "../../contracts/failure.ts"
import { noStore } from "./responses.ts"

const soon = { "retry-after": "1" }

interface Entry {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** What is the matter, for those who read of it. */
  readonly when: string
  /** It is said without a body. */
  readonly isBare?: true
}

/** 408, 429 and 503: the same request may be sent again, after the time given. All others: never as it is. */
const table = {
  "bad-request": { status: 400, headers: {}, when: "The request, its body or a field of it cannot be read." },
  unauthorized: {
    status: 401,
    headers: {},
    when: "A write key or the token of the links is missing or wrong."
  },
  "not-found": {
    status: 404,
    headers: {},
    when: "There is no such link, no event is named, or metrics are not served here."
  },
  "method-not-allowed": {
    status: 405,
    headers: {},
    when: "The method means nothing there; Allow says which do."
  },
  timeout: {
    status: 408,
    headers: soon,
    when: "The body did not come within GATEWAY_BODY_TIMEOUT, or the request not within 5 s more."
  },
  "too-large": { status: 413, headers: {}, when: "A body, a batch or an event is over its cap." },
  "uri-too-long": { status: 414, headers: {}, when: "Path and query together are over 20,480 bytes." },
  "unsupported-media-type": {
    status: 415,
    headers: {},
    when: "The type, charset or compression of the body is not read here."
  },
  "too-many-requests": {
    status: 429,
    headers: soon,
    when: "An address or key sends more than it may, or too many wrong tokens."
  },
  "headers-too-large": {
    status: 431,
    headers: {},
    when: "The headers are too large; the runtime says so itself.",
    isBare: true
  },
  busy: {
    status: 503,
    headers: soon,
    when: "As much as may be is waiting or being sent, or there are too many connections."
  },
  unavailable: { status: 503, headers: soon, when: "The queue or the links cannot be reached." }
} as const satisfies Record<string, Entry>

export type ErrorCode = keyof typeof table

/** Thrown on the way of a request; `refuseFailed` makes the answer of it. */
export class HttpError extends Error {
  readonly code: ErrorCode
  readonly headers: Readonly<Record<string, string>>

  /** `message` is the sentence that the client is told. */
  constructor(code: ErrorCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.code = code
    this.headers = headers
  }
}

export interface ErrorEntry extends Entry {
  readonly code: ErrorCode
  /** May the same request be sent again? */
  readonly isRetried: boolean
}

/** Every error that the edge answers with, in the order of their statuses. */
export const errorEntries: ReadonlyArray<ErrorEntry> = Object.entries(table).map(([code, entry]) => ({
  ...entry,
  code: code as ErrorCode,
  isRetried: "retry-after" in entry.headers
}))

/**
 * `{"error": code, "message": sentence}` with the code's status and headers, and `more` headers. Nobody may keep it: some
 * statuses (404, 405, 414) may be kept otherwise, and the next event would not come.
 */
export const refuse = (
  error: ErrorCode,
  message: string,
  more: Readonly<Record<string, string>> = {}
): Response => {
  const { status, headers } = table[error]
  return Response.json({ error, message }, { status, headers: { ...noStore, ...headers, ...more } })
}

/** The code for something that failed while a request was served. What we did not foresee is told as "try again". */
export const codeOf = (cause: unknown): ErrorCode => {
  if (!(cause instanceof Failure)) return "unavailable"
  if (cause.reason === "too-large") return "too-large"
  if (cause.reason === "unreadable") return "bad-request"
  return cause.reason === "busy" ? "busy" : "unavailable"
}

const sentences: Partial<Record<ErrorCode, string>> = {
  "too-large": "The event is larger than an event may be.",
  "bad-request": "The event cannot be read.",
  busy: "More events are waiting than this server may hold; try again.",
  unavailable: "The event could not be stored now; try again."
}

/** The answer to a request that failed so. The cause's own words stay inside: they may name our systems. */
export const refuseFailed = (cause: unknown, more: Readonly<Record<string, string>> = {}): Response => {
  if (cause instanceof HttpError) return refuse(cause.code, cause.message, { ...cause.headers, ...more })
  const code = codeOf(cause)
  return refuse(code, sentences[code] ?? "The request failed.", more)
}
