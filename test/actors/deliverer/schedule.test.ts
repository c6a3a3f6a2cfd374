/** When a delivery is tried again, and what answers and failures mean for it. */
import { describe, expect, test } from "bun:test"
import { maxDelayAfter, nextAttempt, readRetryAfter } from "../../../actors/deliverer/retry-schedule.ts"
import { verdictOn, verdictOnFailure } from "../../../actors/deliverer/verdict.ts"
import { CallFailure, CallFailureReason } from "../../../bridge/outgoing-http/call-failure.ts"

const now = 1_796_000_000_000

describe("the schedule", () => {
  test("delays grow threefold from 5 s to an hour, with full jitter", () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 100].map(maxDelayAfter)).toEqual(
      [5, 15, 45, 135, 405, 1_215, 3_600, 3_600, 3_600].map((seconds) => seconds * 1_000)
    )
    expect(nextAttempt(2, now, undefined, 0)).toBe(now)
    expect(nextAttempt(2, now, undefined, 0.5)).toBe(now + 7_500)
    expect(nextAttempt(2, now, now + 9_000, 0.5)).toBe(now + 9_000)
  })

  test("Retry-After is read in both forms, and nothing else is", () => {
    expect(readRetryAfter("120", now)).toBe(now + 120_000)
    expect(readRetryAfter(" 0 ", now)).toBe(now)
    expect(readRetryAfter("Mon, 30 Nov 2026 00:00:00 GMT", now)).toBe(Date.UTC(2026, 10, 30))
    expect(readRetryAfter("Monday, 30-Nov-26 00:00:00 GMT", now)).toBe(Date.UTC(2026, 10, 30))
    for (const text of [undefined, "", "-1", "1.5", "soon", "1e3", "2026-11-30", "99999999999"])
      expect(readRetryAfter(text, now)).toBeUndefined()
  })
})

describe("verdicts", () => {
  const on = (status: number, headers = {}) =>
    verdictOn({ status, headers }, (one) => one >= 200 && one < 300, now)

  test("2xx worked, 410 disables, 408, 409, 425, 429 and 5xx may pass, all others are final", () => {
    expect(on(204)).toEqual({ kind: "worked" })
    expect(on(410)).toMatchObject({ kind: "never", disables: true })
    for (const status of [408, 409, 425])
      expect(on(status)).toMatchObject({ kind: "later", health: "unknown" })
    for (const status of [429, 500, 503, 599])
      expect(on(status)).toMatchObject({ kind: "later", health: "failed" })
    for (const status of [300, 304, 400, 401, 403, 404, 422, 451])
      expect(on(status)).toMatchObject({ kind: "never", health: "worked" })
  })

  test("Retry-After holds the target for 429 and 503, at most a day", () => {
    expect(on(503, { "retry-after": "60" })).toMatchObject({ retryAfter: now + 60_000, holds: true })
    expect(on(500, { "retry-after": "60" })).toMatchObject({ retryAfter: now + 60_000, holds: false })
    expect(on(429, { "retry-after": "999999999" })).toMatchObject({ retryAfter: now + 86_400_000 })
    expect(on(429)).toMatchObject({ holds: false })
  })

  test("without an answer: what another try cannot change is final", () => {
    const kinds = CallFailureReason.literals.map((reason) => [
      reason,
      verdictOnFailure(new CallFailure({ reason, message: "why", wasSent: false })).kind
    ])
    expect(Object.fromEntries(kinds)).toEqual({
      ...{ "bad url": "never", "bad request": "never", "refused address": "never", redirect: "never" },
      ...{ "no name": "later", "no connection": "later", timeout: "later", "bad answer": "later" }
    })
  })
})
