/** The one table of HTTP errors: status and headers by code, and the responses made from it. Keeps no state. */
import { Failure } from "../../contracts/failure.ts"
import { noStore } from "./responses.ts"

const retryAfter1s = { "retry-after": "1" }

interface Entry {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The response has no body: the runtime sends it, not the gateway. */
  readonly isBare?: true
}

/** 408, 429 and 503: the same request may be repeated, after Retry-After. All others: never unchanged. */
const table = {
  "bad-request": { status: 400, headers: {} },
  unauthorized: { status: 401, headers: {} },
  "not-found": { status: 404, headers: {} },
  "method-not-allowed": { status: 405, headers: {} },
  timeout: { status: 408, headers: retryAfter1s },
  "too-large": { status: 413, headers: {} },
  "uri-too-long": { status: 414, headers: {} },
  "unsupported-media-type": { status: 415, headers: {} },
  "too-many-requests": { status: 429, headers: retryAfter1s },
  "headers-too-large": { status: 431, headers: {}, isBare: true },
  busy: { status: 503, headers: retryAfter1s },
  unavailable: { status: 503, headers: retryAfter1s }
} as const satisfies Record<string, Entry>

export type ErrorCode = keyof typeof table

/** HTTP error for code that cannot build the response itself; `refuseFailed` makes the response. */
export class HttpError extends Error {
  readonly code: ErrorCode
  readonly headers: Readonly<Record<string, string>>

  /** `message` is sent to the client. */
  constructor(code: ErrorCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.code = code
    this.headers = headers
  }
}

export interface ErrorEntry extends Entry {
  readonly code: ErrorCode
  /** The same request may be repeated. */
  readonly isRetried: boolean
}

/** Every error of the table, ordered by status. */
export const errorEntries: ReadonlyArray<ErrorEntry> = Object.entries(table).map(([code, entry]) => ({
  ...entry,
  code: code as ErrorCode,
  isRetried: "retry-after" in entry.headers
}))

/**
 * `{"error": code, "message": sentence}` with the code's status and headers, and `more` headers. Never cacheable: some
 * statuses (404, 405, 414) are cacheable by default, and the next request would not reach the server.
 */
export const refuse = (
  error: ErrorCode,
  message: string,
  more: Readonly<Record<string, string>> = {}
): Response => {
  const { status, headers } = table[error]
  return Response.json({ error, message }, { status, headers: { ...noStore, ...headers, ...more } })
}

/** The code for an exception during a request. An unexpected one is reported as "try again". */
export const codeOf = (cause: unknown): ErrorCode => {
  if (!(cause instanceof Failure)) return "unavailable"
  if (cause.reason === "too-large") return "too-large"
  if (cause.reason === "unreadable") return "bad-request"
  return cause.reason === "busy" ? "busy" : "unavailable"
}

/**
 * The response for an exception during a request, with the caller's message for its code. The exception's own message is
 * sent only for an `HttpError`; others may name internal systems.
 */
export const refuseFailed = (
  cause: unknown,
  messages: Partial<Record<ErrorCode, string>>,
  more: Readonly<Record<string, string>> = {}
): Response => {
  if (cause instanceof HttpError) return refuse(cause.code, cause.message, { ...cause.headers, ...more })
  const code = codeOf(cause)
  return refuse(code, messages[code] ?? "The request failed.", more)
}
