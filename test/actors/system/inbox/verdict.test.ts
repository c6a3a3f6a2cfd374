/** What becomes of a batch that fails: outages never count, crashes are traced to the guilty event. */
import { describe, expect, test } from "bun:test"
import { afterFailure, beforeTrying } from "../../../../actors/system/inbox/verdict.ts"
import type { Bytes } from "../../../../contracts/event.ts"
import { Failure, type FailureReason } from "../../../../contracts/failure.ts"

const batch = (attempts: number, size: number) => ({
  attempts,
  lines: new Array<Bytes>(size).fill("x" as Bytes)
})
const failure = (reason: FailureReason): Failure => new Failure({ reason, message: "what was said" })

describe("after a failure", () => {
  test("what surrounds the batch never counts, however often it fails", () => {
    const reasons: ReadonlyArray<FailureReason> = [
      "unavailable",
      "no-responders",
      "busy",
      "expired",
      "timeout",
      "unreadable"
    ]
    for (const reason of reasons) {
      for (const attempts of [0, 2, 5]) {
        for (const size of [1, 1_000]) {
          expect(afterFailure(batch(attempts, size), failure(reason), true)).toEqual({
            kind: "again",
            counts: false
          })
        }
      }
    }
  })

  test("a crash counts; the third takes a batch apart, and sets a single event aside", () => {
    const crash = failure("crashed")
    expect(afterFailure(batch(0, 1_000), crash, false)).toEqual({ kind: "again", counts: true })
    expect(afterFailure(batch(1, 1_000), crash, false)).toEqual({ kind: "again", counts: true })
    expect(afterFailure(batch(2, 1_000), crash, false)).toEqual({ kind: "apart", size: 63, attempts: 2 })
    expect(afterFailure(batch(2, 16), crash, false)).toEqual({ kind: "apart", size: 1, attempts: 3 })
    expect(afterFailure(batch(1, 1), crash, false)).toEqual({ kind: "again", counts: true })
    expect(afterFailure(batch(2, 1), crash, false)).toEqual({ kind: "guilty", detail: "what was said" })
  })

  test("silence counts only while others succeed, and for a single event twice as long", () => {
    const silence = failure("no-answer")
    expect(afterFailure(batch(0, 1_000), silence, false)).toEqual({ kind: "again", counts: false })
    expect(afterFailure(batch(0, 1_000), silence, true)).toEqual({ kind: "again", counts: true })
    expect(afterFailure(batch(2, 1_000), silence, false)).toMatchObject({ kind: "apart" })
    expect(afterFailure(batch(3, 1), silence, false)).toEqual({ kind: "again", counts: false })
    expect(afterFailure(batch(4, 1), silence, true)).toEqual({ kind: "again", counts: true })
    expect(afterFailure(batch(5, 1), silence, true)).toMatchObject({ kind: "guilty" })
  })
})

describe("before trying", () => {
  test("a batch whose claimers ended three times is taken apart without another try", () => {
    expect(beforeTrying(batch(2, 1_000))).toBe("beside others")
    expect(beforeTrying(batch(3, 1_000))).toMatchObject({ kind: "apart", size: 63 })
  })

  test("a single event is then tried alone, and after six times guilty", () => {
    expect(beforeTrying(batch(2, 1))).toBe("beside others")
    expect(beforeTrying(batch(3, 1))).toBe("alone")
    expect(beforeTrying(batch(5, 1))).toBe("alone")
    expect(beforeTrying(batch(6, 1))).toMatchObject({ kind: "guilty" })
  })
})
