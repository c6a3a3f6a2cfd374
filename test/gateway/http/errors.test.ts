/** The table of errors: every code has its status, its headers and the same body format. */
import { describe, expect, test } from "bun:test"
import { Failure, type FailureReason } from "../../../contracts/failure.ts"
import { type ErrorCode, HttpError, refuse, refuseFailed } from "../../../gateway/http/errors.ts"

const statuses: Record<ErrorCode, number> = {
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

const again = new Set([408, 429, 503])

describe("errors", () => {
  for (const [code, status] of Object.entries(statuses) as ReadonlyArray<[ErrorCode, number]>) {
    test(`${code} is ${status}`, async () => {
      for (const answer of [
        refuse(code, "A sentence."),
        refuseFailed(new HttpError(code, "A sentence."), {})
      ]) {
        expect(answer.status).toBe(status)
        expect(answer.headers.get("content-type")).toStartWith("application/json")
        expect(answer.headers.get("retry-after")).toBe(again.has(status) ? "1" : null)
        expect(await answer.json()).toEqual({ error: code, message: "A sentence." })
      }
    })
  }

  test("a failure is reported with the caller's message, never with its own", async () => {
    const codes: Record<FailureReason, ErrorCode> = {
      unavailable: "unavailable",
      "no-responders": "unavailable",
      busy: "busy",
      expired: "unavailable",
      timeout: "unavailable",
      "no-answer": "unavailable",
      "too-large": "too-large",
      unreadable: "bad-request",
      misconfigured: "unavailable",
      crashed: "unavailable"
    }
    for (const [reason, code] of Object.entries(codes) as ReadonlyArray<[FailureReason, ErrorCode]>) {
      const failure = new Failure({ reason, message: "redis.internal" })
      const answer = refuseFailed(failure, { [code]: "The caller's message." })
      expect(answer.status).toBe(statuses[code])
      expect(await answer.json()).toEqual({ error: code, message: "The caller's message." })
      expect(await refuseFailed(failure, {}).json()).toEqual({ error: code, message: "The request failed." })
    }
    expect(refuseFailed(new TypeError("secret"), {}).status).toBe(503)
  })

  test("an HttpError adds its own headers", () => {
    const answer = refuseFailed(new HttpError("too-large", "x", { connection: "close" }), {}, { "x-a": "1" })
    expect(answer.headers.get("connection")).toBe("close")
    expect(answer.headers.get("x-a")).toBe("1")
  })
})
