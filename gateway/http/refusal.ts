/** A "no" that is known by its own words and headers, for those who cannot give the answer themselves. */
import type { ErrorCode } from "./errors.ts"

/** Thrown on the way of a request; refuseFailed of errors.ts makes the answer of it. */
export class Refusal extends Error {
  readonly code: ErrorCode
  readonly headers: Readonly<Record<string, string>>

  /** `message` is the sentence that the client is told. */
  constructor(code: ErrorCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.code = code
    this.headers = headers
  }
}
