/** What becomes of a batch that fails: outages never count, crashes are traced to the guilty event in few tries. */
import { describe, expect, test } from "bun:test"
import {
  afterFailure,
  beforeTrying,
  type RetryDecision
} from "../../../../actors/runtime/inbox/retry-policy.ts"
import type { ByteString } from "../../../../contracts/event.ts"
import { Failure, type FailureReason } from "../../../../contracts/failure.ts"

const batch = (attempts: number, size: number, wasSilent = false) => ({
  attempts,
  wasSilent,
  lines: new Array<ByteString>(size).fill("x" as ByteString)
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
      "too-large",
      "unreadable"
    ]
    for (const reason of reasons) {
      for (const attempts of [0, 1, 2, 5]) {
        for (const size of [1, 1_000]) {
          for (const isProven of [true, false]) {
            const verdict = afterFailure(batch(attempts, size), failure(reason), isProven)
            expect(verdict).toEqual({ kind: "again", counts: false })
          }
        }
      }
    }
  })

  test("a crash counts: the second takes several events apart, the third gives up one that is alone", () => {
    const crash = failure("crashed")
    for (const isProven of [true, false]) {
      expect(afterFailure(batch(0, 1_000), crash, isProven)).toEqual({ kind: "again", counts: true })
      expect(afterFailure(batch(1, 1_000), crash, isProven)).toEqual({ kind: "apart", size: 32, attempts: 1 })
      expect(afterFailure(batch(1, 32), crash, isProven)).toEqual({ kind: "apart", size: 1, attempts: 1 })
      expect(afterFailure(batch(0, 1), crash, isProven)).toEqual({ kind: "again", counts: true })
      expect(afterFailure(batch(1, 1), crash, isProven)).toEqual({ kind: "again", counts: true })
      expect(afterFailure(batch(2, 1), crash, isProven)).toMatchObject({ kind: "guilty", attempts: 3 })
    }
  })

  test("silence counts only when the way had been proven free, and then the one before it does too", () => {
    const silence = failure("no-answer")
    for (const size of [1, 1_000]) {
      for (const attempts of [0, 1, 2]) {
        const verdict = afterFailure(batch(attempts, size), silence, false)
        expect(verdict).toEqual({ kind: "again", counts: false })
      }
    }
    expect(afterFailure(batch(0, 1_000), silence, true)).toEqual({ kind: "again", counts: true })
    expect(afterFailure(batch(0, 1_000, true), silence, true)).toMatchObject({ kind: "apart", size: 32 })
    expect(afterFailure(batch(1, 1_000), silence, true)).toMatchObject({ kind: "apart", size: 32 })
    expect(afterFailure(batch(0, 1, true), silence, true)).toEqual({ kind: "apart", size: 1, attempts: 2 })
    expect(afterFailure(batch(1, 1), silence, true)).toEqual({ kind: "again", counts: true })
    const guilty = { kind: "guilty", detail: "what was said", attempts: 3 } as const
    expect(afterFailure(batch(2, 1), silence, true)).toEqual(guilty)
    expect(afterFailure(batch(2, 1, true), silence, true)).toEqual(guilty)
  })
})

describe("before trying", () => {
  test("only what never failed is tried beside others", () => {
    for (const size of [1, 2, 1_000]) {
      expect(beforeTrying(batch(0, size))).toBe("beside others")
      expect(beforeTrying(batch(0, size, true))).toBe("alone")
      expect(beforeTrying(batch(1, size))).toBe("alone")
    }
  })

  test("what has had all its tries is not tried again", () => {
    expect(beforeTrying(batch(2, 1_000))).toMatchObject({ kind: "apart", size: 32, attempts: 1 })
    expect(beforeTrying(batch(2, 1))).toBe("alone")
    expect(beforeTrying(batch(3, 1))).toMatchObject({ kind: "guilty", attempts: 3 })
  })
})

/** How the one who handles the guilty event ends: with all that claimed it, in silence, or with an answer. */
type Ending = "claimer ends" | FailureReason

/** A queue of `size` events of which one ends whoever handles it: what that costs, and what is set aside. */
const isolate = (size: number, guilty: number, ending: Ending) => {
  let waiting = [{ first: 0, size, attempts: 0 }]
  const tries = new Map<string, number>()
  const silent = new Set<string>()
  let deaths = 0
  let deadAlone = 0
  const dead: Array<number> = []

  while (waiting.length > 0) {
    const [piece, ...others] = waiting
    if (piece === undefined) break
    waiting = others
    const { first } = piece
    const name = `${first} ${piece.size}`
    const tried = batch(piece.attempts, piece.size, silent.has(name))
    const applyDecision = (verdict: RetryDecision): void => {
      if (verdict.kind === "guilty") dead.push(first)
      else if (verdict.kind === "again")
        waiting.push({ ...piece, attempts: piece.attempts + Number(verdict.counts) })
      else {
        for (let at = 0; at < piece.size; at += verdict.size) {
          const part = Math.min(verdict.size, piece.size - at)
          waiting.push({ first: first + at, size: part, attempts: verdict.attempts })
        }
      }
    }
    const how = beforeTrying(tried)
    if (typeof how === "object") {
      applyDecision(how)
      continue
    }
    tries.set(name, (tries.get(name) ?? 0) + 1)
    if (guilty < first || guilty >= first + piece.size) continue
    deaths += 1
    if (piece.size === 1) deadAlone += 1
    if (ending === "claimer ends") waiting.push({ ...piece, attempts: piece.attempts + 1 })
    else applyDecision(afterFailure(tried, failure(ending), how === "alone"))
    if (ending === "no-answer") silent.add(name)
  }
  return { deaths, deadAlone, most: Math.max(...tries.values()), dead }
}

describe("one event that ends whoever handles it", () => {
  for (const ending of ["claimer ends", "no-answer", "crashed"] as const) {
    test(`is found and alone given up, in at most five tries (${ending})`, () => {
      const together = (size: number, guilty: number) => isolate(size, guilty, ending)
      expect(together(1, 0)).toEqual({ deaths: 3, deadAlone: 3, most: 3, dead: [0] })
      expect(together(2, 1)).toEqual({ deaths: 4, deadAlone: 2, most: 2, dead: [1] })
      expect(together(32, 17)).toEqual({ deaths: 4, deadAlone: 2, most: 2, dead: [17] })
      expect(together(33, 32)).toEqual({ deaths: 4, deadAlone: 2, most: 2, dead: [32] })
      for (const guilty of [0, 31, 32, 500, 991, 992, 999]) {
        expect(together(1_000, guilty)).toEqual({ deaths: 5, deadAlone: 2, most: 2, dead: [guilty] })
      }
    })
  }
})
