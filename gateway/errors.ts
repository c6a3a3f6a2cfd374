/** Every "no" of the HTTP edge: one table from an error's code to its status and headers, and answers made from it. */
import { Failure } from "../contracts/failure.ts"
import { Refusal } from "./refusal.ts"

const soon = { "retry-after": "1" }

/** 408, 429 and 503: the same request may be sent again, after the time given. All others: never as it is. */
const table = {
  "bad-request": { status: 400, headers: {} },
  unauthorized: { status: 401, headers: {} },
  "not-found": { status: 404, headers: {} },
  "method-not-allowed": { status: 405, headers: {} },
  timeout: { status: 408, headers: soon },
  "too-large": { status: 413, headers: {} },
  "uri-too-long": { status: 414, headers: {} },
  "unsupported-media-type": { status: 415, headers: {} },
  "too-many-requests": { status: 429, headers: soon },
  "headers-too-large": { status: 431, headers: {} },
  busy: { status: 503, headers: soon },
  unavailable: { status: 503, headers: soon }
} as const satisfies Record<string, { status: number; headers: Readonly<Record<string, string>> }>

export type ErrorCode = keyof typeof table

/** `{"error": code, "message": sentence}` with the code's status and headers, and `more` headers. */
export const refuse = (
  error: ErrorCode,
  message: string,
  more: Readonly<Record<string, string>> = {}
): Response => {
  const { status, headers } = table[error]
  return Response.json({ error, message }, { status, headers: { ...headers, ...more } })
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
  if (cause instanceof Refusal) return refuse(cause.code, cause.message, { ...cause.headers, ...more })
  const code = codeOf(cause)
  return refuse(code, sentences[code] ?? "The request failed.", more)
}
