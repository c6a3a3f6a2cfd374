/** What happens to a batch that fails: outages never count, and a crash is traced to the poison event in few tries. */
import { describe, expect, test } from "bun:test"
import {
  afterFailure,
  beforeTrying,
  type RetryDecision
} from "../../../../actors/runtime/inbox/retry-policy.ts"
import type { ByteString } from "../../../../contracts/event.ts"
import { Failure, type FailureReason } from "../../../../contracts/failure.ts"

const batch = (attempts: number, size: number, hadNoAnswer = false) => ({
  attempts,
  hadNoAnswer,
  lines: new Array<ByteString>(size).fill("x" as ByteString)
})
const failure = (reason: FailureReason): Failure => new Failure({ reason, message: "the message" })

describe("after a failure", () => {
  test("an outage never counts, however often it fails the batch", () => {
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
          for (const isProbed of [true, false]) {
            const decision = afterFailure(batch(attempts, size), failure(reason), isProbed)
            expect(decision).toEqual({ kind: "retry", counts: false })
          }
        }
      }
    }
  })

  test("a crash counts: the second one splits several events, the third one makes a single event poison", () => {
    const crash = failure("crashed")
    for (const isProbed of [true, false]) {
      expect(afterFailure(batch(0, 1_000), crash, isProbed)).toEqual({ kind: "retry", counts: true })
      expect(afterFailure(batch(1, 1_000), crash, isProbed)).toEqual({ kind: "split", size: 32, attempts: 1 })
      expect(afterFailure(batch(1, 32), crash, isProbed)).toEqual({ kind: "split", size: 1, attempts: 1 })
      expect(afterFailure(batch(0, 1), crash, isProbed)).toEqual({ kind: "retry", counts: true })
      expect(afterFailure(batch(1, 1), crash, isProbed)).toEqual({ kind: "retry", counts: true })
      expect(afterFailure(batch(2, 1), crash, isProbed)).toMatchObject({ kind: "poison", attempts: 3 })
    }
  })

  test("a missing answer counts only after a successful probe, and then the one before it counts too", () => {
    const noAnswer = failure("no-answer")
    for (const size of [1, 1_000]) {
      for (const attempts of [0, 1, 2]) {
        const decision = afterFailure(batch(attempts, size), noAnswer, false)
        expect(decision).toEqual({ kind: "retry", counts: false })
      }
    }
    expect(afterFailure(batch(0, 1_000), noAnswer, true)).toEqual({ kind: "retry", counts: true })
    expect(afterFailure(batch(0, 1_000, true), noAnswer, true)).toMatchObject({ kind: "split", size: 32 })
    expect(afterFailure(batch(1, 1_000), noAnswer, true)).toMatchObject({ kind: "split", size: 32 })
    expect(afterFailure(batch(0, 1, true), noAnswer, true)).toEqual({ kind: "split", size: 1, attempts: 2 })
    expect(afterFailure(batch(1, 1), noAnswer, true)).toEqual({ kind: "retry", counts: true })
    const poison = { kind: "poison", detail: "the message", attempts: 3 } as const
    expect(afterFailure(batch(2, 1), noAnswer, true)).toEqual(poison)
    expect(afterFailure(batch(2, 1, true), noAnswer, true)).toEqual(poison)
  })
})

describe("before trying", () => {
  test("only a batch that never failed is tried beside others", () => {
    for (const size of [1, 2, 1_000]) {
      expect(beforeTrying(batch(0, size))).toBe("beside others")
      expect(beforeTrying(batch(0, size, true))).toBe("alone")
      expect(beforeTrying(batch(1, size))).toBe("alone")
    }
  })

  test("a batch that has had all its tries is not tried again", () => {
    expect(beforeTrying(batch(2, 1_000))).toMatchObject({ kind: "split", size: 32, attempts: 1 })
    expect(beforeTrying(batch(2, 1))).toBe("alone")
    expect(beforeTrying(batch(3, 1))).toMatchObject({ kind: "poison", attempts: 3 })
  })
})

/** How handling the poison event ends: the claimer ends too, there is no answer, or a failure is answered. */
type Outcome = "claimer ends" | FailureReason

/** A queue of `size` events of which one is poison: how many tries that costs, and which events become dead letters. */
const isolate = (size: number, poison: number, outcome: Outcome) => {
  let waiting = [{ first: 0, size, attempts: 0 }]
  const tries = new Map<string, number>()
  const unanswered = new Set<string>()
  let crashes = 0
  let crashesAlone = 0
  const dead: Array<number> = []

  while (waiting.length > 0) {
    const [part, ...others] = waiting
    if (part === undefined) break
    waiting = others
    const { first } = part
    const name = `${first} ${part.size}`
    const tried = batch(part.attempts, part.size, unanswered.has(name))
    const applyDecision = (decision: RetryDecision): void => {
      if (decision.kind === "poison") dead.push(first)
      else if (decision.kind === "retry")
        waiting.push({ ...part, attempts: part.attempts + Number(decision.counts) })
      else {
        for (let at = 0; at < part.size; at += decision.size) {
          const size = Math.min(decision.size, part.size - at)
          waiting.push({ first: first + at, size, attempts: decision.attempts })
        }
      }
    }
    const how = beforeTrying(tried)
    if (typeof how === "object") {
      applyDecision(how)
      continue
    }
    tries.set(name, (tries.get(name) ?? 0) + 1)
    if (poison < first || poison >= first + part.size) continue
    crashes += 1
    if (part.size === 1) crashesAlone += 1
    if (outcome === "claimer ends") waiting.push({ ...part, attempts: part.attempts + 1 })
    else applyDecision(afterFailure(tried, failure(outcome), how === "alone"))
    if (outcome === "no-answer") unanswered.add(name)
  }
  return { crashes, crashesAlone, maxTries: Math.max(...tries.values()), dead }
}

describe("one poison event", () => {
  for (const outcome of ["claimer ends", "no-answer", "crashed"] as const) {
    test(`is found and is the only dead letter, after at most five tries (${outcome})`, () => {
      const together = (size: number, poison: number) => isolate(size, poison, outcome)
      expect(together(1, 0)).toEqual({ crashes: 3, crashesAlone: 3, maxTries: 3, dead: [0] })
      expect(together(2, 1)).toEqual({ crashes: 4, crashesAlone: 2, maxTries: 2, dead: [1] })
      expect(together(32, 17)).toEqual({ crashes: 4, crashesAlone: 2, maxTries: 2, dead: [17] })
      expect(together(33, 32)).toEqual({ crashes: 4, crashesAlone: 2, maxTries: 2, dead: [32] })
      for (const poison of [0, 31, 32, 500, 991, 992, 999]) {
        expect(together(1_000, poison)).toEqual({ crashes: 5, crashesAlone: 2, maxTries: 2, dead: [poison] })
      }
    })
  }
})
