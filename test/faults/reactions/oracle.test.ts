/** The oracle of the reactions detects each broken promise: each is caused once by hand. */
import { describe, expect, test } from "bun:test"
import type { RuleTotals } from "../../../bridge/reaction-store/service.ts"
import { ledgerFaults } from "./ledger-watch.ts"
import { callProblems, expectedOf, totalsProblems } from "./oracle.ts"
import { deliveriesIn } from "./redis-commands.ts"
import { callRule, type LogEvent, logEventOf } from "./rules.ts"
import type { SeenDelivery, Target } from "./target.ts"

const id = (n: number): string => `${"0".repeat(32)}-${n}`
const event = (n: number): LogEvent => ({
  id: id(n),
  topic: "events",
  type: `kind-${n}`,
  params: new URLSearchParams({ id: String(n), visit: "1" }),
  time: 1_000 + n
})
const rule = callRule("tell-shop", "shop", [0, 2])
const expected = expectedOf([rule], [event(1), event(2), event(3)])

const accepted = (n: number, more: Partial<SeenDelivery> = {}): [string, SeenDelivery] => [
  `${id(n)}.tell-shop`,
  {
    ...{ calls: 1, accepted: 1, acceptedAt: 2_000, path: "/hook/tell-shop" },
    body: JSON.stringify({ event: id(n), n: String(n), at: String(1_000 + n) }),
    ...more
  }
]
const targetOf = (...seen: ReadonlyArray<[string, SeenDelivery]>): Target => ({
  ...{ name: "shop", origin: "http://127.0.0.1:1", counts: { calls: 0, unanswered: 0 }, wrong: [] },
  seen: new Map(seen),
  become: () => Promise.resolve(),
  close: () => Promise.resolve()
})
const line = (more: Partial<RuleTotals> = {}): RuleTotals => ({
  ...{ rule: "tell-shop", matched: 2, delivered: 2, dead: 0, discarded: 0, replayed: 0 },
  ...{ suppressed: {}, waiting: 0, inFlight: 0 },
  ...more
})
const ledgerOf = (totals: RuleTotals, more: { waiting?: number; inFlight?: number } = {}) => ({
  ...{ rules: [totals], waiting: totals.waiting, inFlight: totals.inFlight, oldestWaiting: undefined },
  ...more
})

describe("calls against the log", () => {
  test("nothing is wrong when each match was called", () => {
    expect(callProblems([targetOf(accepted(1), accepted(2, { accepted: 2 }))], expected)).toEqual([])
  })

  test("detects a match that was not called, or never accepted", () => {
    const lost = `1 deliveries never reached shop: ${id(2)}.tell-shop`
    expect(callProblems([targetOf(accepted(1))], expected)).toEqual([lost])
    expect(callProblems([targetOf(accepted(1), accepted(2, { accepted: 0 }))], expected)).toEqual([lost])
  })

  test("detects a call that no event caused", () => {
    expect(callProblems([targetOf(accepted(1), accepted(2), accepted(3))], expected)).toEqual([
      `1 deliveries reached shop that no event caused: ${id(3)}.tell-shop`
    ])
  })

  test("detects a call that says something else", () => {
    const body = JSON.stringify({ event: id(2), n: "7", at: "1002" })
    expect(callProblems([targetOf(accepted(1), accepted(2, { body }))], expected)).toEqual([
      `1 calls of shop say something else than the log: ${id(2)}.tell-shop ${body}`
    ])
  })
})

describe("the ledger against the log", () => {
  test("nothing is wrong when the figures are those of the log", () => {
    expect(totalsProblems(ledgerOf(line()), expected)).toEqual([])
  })

  test("detects wrong figures, a missing line, and what still waits", () => {
    expect(totalsProblems(ledgerOf(line({ matched: 3, delivered: 3 })), expected).join()).toContain(
      "matched 3 instead of 2"
    )
    expect(totalsProblems(ledgerOf(line({ rule: "other" })), expected).join()).toContain(
      "matched 0 instead of 2"
    )
    expect(totalsProblems(ledgerOf(line({ delivered: 1, waiting: 1 })), expected).join()).toContain(
      "waiting 1 instead of 0"
    )
  })

  test("detects a line that does not add up, and lines that contradict the store", () => {
    expect(ledgerFaults(ledgerOf(line({ suppressed: { loop: 1 }, matched: 3 })))).toEqual([])
    expect(ledgerFaults(ledgerOf(line({ matched: 3 }))).join()).toContain("does not add up")
    expect(ledgerFaults(ledgerOf(line(), { inFlight: 1 }))).toEqual([
      "the lines have 0 waiting and 0 in flight, and the store has 0 and 1"
    ])
  })
})

test("an event is read from its record, and deliveries are found in bytes", () => {
  const record = { partition: 0, offset: 0, key: "", headers: { id: id(1) }, timestamp: 1_001 }
  const value = Buffer.from("kind-1 ip=808 id=1&visit=1")
  const found = logEventOf("events", { ...record, value })
  expect(found).toEqual(event(1))
  expect(found !== undefined && rule.matches(found)).toBe(true)
  expect(logEventOf("events", { ...record, value: Buffer.from("nothing") })).toBeUndefined()
  expect(deliveriesIn(Buffer.from(`$45\r\n${id(1)}.tell-shop\r\n${id(2)}\0\xff${id(1)}.tell-shop`))).toEqual([
    `${id(1)}.tell-shop`
  ])
})
