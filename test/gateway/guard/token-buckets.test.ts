import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { makeTokenBuckets } from "../../../gateway/guard/token-buckets.ts"

const rate = { intervalMs: 100, burst: 5 }

describe("a bucket", () => {
  test("admits its burst at once, then one event per interval, and returns the time to wait", () => {
    const { take } = makeTokenBuckets(rate)
    expect([1, 1, 1, 1, 1].map((events) => take("a", events, 1000))).toEqual([0, 0, 0, 0, 0])
    expect(take("a", 1, 1000)).toBe(100)
    expect(take("a", 1, 1040)).toBe(60)
    expect(take("a", 1, 1100)).toBe(0)
    expect(take("a", 1, 1100)).toBe(100)
    expect(take("b", 5, 1100)).toBe(0)
  })

  test("admits all events or none", () => {
    const { take } = makeTokenBuckets(rate)
    expect(take("a", 3, 0)).toBe(0)
    expect(take("a", 3, 0)).toBe(100)
    expect(take("a", 2, 0)).toBe(0)
  })

  test("admits more than its burst when full, and then refills for longer", () => {
    const { take } = makeTokenBuckets(rate)
    expect(take("a", 20, 0)).toBe(0)
    expect(take("a", 1, 0)).toBe(1600)
    expect(take("a", 1, 1600)).toBe(0)
    expect(take("b", 1, 0)).toBe(0)
    expect(take("b", 20, 0)).toBe(100)
  })

  test("never admits more than burst + time ÷ interval, and admits after the returned time", () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 1, max: 5 })), {
      maxLength: 60
    })
    fc.assert(
      fc.property(steps, (asked) => {
        const { take } = makeTokenBuckets(rate)
        let now = 5000
        let given = 0
        for (const [pause, events] of asked) {
          now += pause
          const wait = take("a", events, now)
          if (wait > 0) {
            now += wait
            expect(take("a", events, now)).toBe(0)
          }
          given += events
          expect(given).toBeLessThanOrEqual(rate.burst + (now - 5000) / rate.intervalMs + 1e-6)
        }
      })
    )
  })
})

describe("the table", () => {
  test("is bounded, and keeps recently used names", () => {
    const { take, size } = makeTokenBuckets(rate, { limit: 100 })
    for (let n = 0; n < 10_000; n++) {
      take(`flood ${n}`, 1, 0)
      take("steady", 1, 0)
      expect(size()).toBeLessThanOrEqual(200)
    }
    expect(take("steady", 1, 0)).toBeGreaterThan(0)
  })

  test("reports once what was taken, up to the requested number", () => {
    const { take, spent } = makeTokenBuckets(rate, { isShared: true })
    take("a", 2, 0)
    take("a", 1, 0)
    take("b", 1, 0)
    take("a", 5, 0)
    expect(spent(1)).toEqual([{ name: "a", cost: 300 }])
    expect(spent(10)).toEqual([{ name: "b", cost: 100 }])
    expect(spent(10)).toEqual([])
  })

  test("applies what others took, and adds what it has not reported", () => {
    const { take, update, spent } = makeTokenBuckets(rate, { isShared: true })
    take("a", 1, 0)
    spent(10)
    take("a", 1, 0)
    update("a", 400, 0)
    expect(take("a", 1, 0)).toBe(100)
    update("a", 0, 0)
    expect(take("a", 4, 0)).toBe(0)
  })

  test("reports nothing when not shared", () => {
    const { take, spent } = makeTokenBuckets(rate)
    take("a", 1, 0)
    expect(spent(10)).toEqual([])
  })
})
