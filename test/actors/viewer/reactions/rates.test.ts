/** The rates of rules: over the last seconds, unknown at first and after counts that began again. */
import { expect, test } from "bun:test"
import { makeLineRates } from "../../../../actors/viewer/reactions/rates.ts"
import type { RuleTotals } from "../../../../bridge/reaction-store/service.ts"

const line = (rule: string, matched: number, delivered = 0): RuleTotals => ({
  ...{ rule, matched, delivered, dead: 0, discarded: 0, replayed: 0, suppressed: {} },
  ...{ waiting: matched - delivered, inFlight: 0 }
})

test("a rate is known from the second reading on, and is that of the last seconds", () => {
  const rates = makeLineRates()
  rates.record(0, [line("shop", 100)])
  expect(rates.rateOf("shop", "matched")).toBeNull()
  rates.record(2_000, [line("shop", 120, 10)])
  expect(rates.rateOf("shop", "matched")).toBe(10)
  expect(rates.rateOf("shop", "delivered")).toBe(5)
  rates.record(60_000, [line("shop", 1_000)])
  expect(rates.rateOf("shop", "matched")).toBeNull()
  rates.record(64_000, [line("shop", 1_004)])
  expect(rates.rateOf("shop", "matched")).toBe(1)
})

test("a line begins with its first match; counts that became smaller are unknown", () => {
  const rates = makeLineRates()
  rates.record(0, [line("shop", 5)])
  rates.record(1_000, [line("shop", 3), line("new", 4)])
  expect(rates.rateOf("new", "matched")).toBe(4)
  expect(rates.rateOf("shop", "matched")).toBeNull()
})
