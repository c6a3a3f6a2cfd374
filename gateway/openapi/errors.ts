/** The errors of the HTTP edge as documentation: the table of `http/errors.ts` with a description of each. */
import { type ErrorCode, type ErrorEntry, errorEntries } from "../http/errors.ts"

const descriptions: Readonly<Record<ErrorCode, string>> = {
  "bad-request": "The request, its body or a field is invalid.",
  unauthorized: "The write key, the token of the links API or the signature of an edge is missing or wrong.",
  "not-found": "The link does not exist, the path names no event, or metrics are not served on this port.",
  "method-not-allowed": "The path does not support the method; Allow names the methods it supports.",
  timeout: "The body did not arrive within GATEWAY_BODY_TIMEOUT, or the request within 5 s more.",
  "too-large": "A body, a batch or an event exceeds its limit.",
  "uri-too-long": "Path and query together exceed 20,480 bytes.",
  "unsupported-media-type": "The type, charset or compression of the body is not supported.",
  "too-many-requests": "An address or a write key exceeds its rate limit, or sent too many wrong tokens.",
  "headers-too-large": "The headers exceed the limit; the runtime sends this response itself.",
  busy: "Too many events are waiting, too many bodies are being read, or too many connections are open.",
  unavailable: "The queue or the links are unavailable."
}

export interface DescribedError extends ErrorEntry {
  readonly description: string
}

/** Every error that the edge responds with, ordered by status. */
export const describedErrors: ReadonlyArray<DescribedError> = errorEntries.map((entry) => ({
  ...entry,
  description: descriptions[entry.code]
}))
