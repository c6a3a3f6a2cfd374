/** The copy budget: a limit at once, refilled within a second, and never more. */
import { describe, expect, test } from "bun:test"
import { copyBudget } from "../../../../actors/runtime/publish/copy-budget.ts"

/** How many events of `bytes` bytes the budget admits at that moment. */
const passing = (budget: ReturnType<typeof copyBudget>, now: number, bytes = 1): number => {
  let count = 0
  while (count < 10_000 && budget.isOpen(now)) {
    budget.spend(bytes)
    count += 1
  }
  return count
}

describe("copy budget", () => {
  test("starts full, refills with time and never holds more than one second's limit", () => {
    const budget = copyBudget({ events: 100, bytes: 1_000_000 })
    expect(passing(budget, 1_000)).toBe(100)
    expect(passing(budget, 1_000)).toBe(0)
    expect(passing(budget, 1_100)).toBe(10)
    expect(passing(budget, 60_000)).toBe(100)
  })

  test("counts bytes; the last event may overdraw it", () => {
    const budget = copyBudget({ events: 100, bytes: 1_000 })
    expect(passing(budget, 0, 900)).toBe(2)
    expect(passing(budget, 500, 900)).toBe(0)
    expect(passing(budget, 900, 900)).toBe(1)
  })

  test("a clock that goes back adds nothing and breaks nothing", () => {
    const budget = copyBudget({ events: 10, bytes: 1_000 })
    expect(passing(budget, 5_000)).toBe(10)
    expect(passing(budget, 1_000)).toBe(0)
    expect(passing(budget, 1_500)).toBe(5)
  })
})
