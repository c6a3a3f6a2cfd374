/** Statistics of durations: exact averages, percentiles within 5 %, for any values of records. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { timingIncrements, timingsOf } from "../../../../actors/inspect/counters/timings.ts"
import type { Row } from "../../../../bridge/projection-store/service.ts"

const counted = (durations: ReadonlyArray<number>): ReadonlyArray<Row> => {
  const rows = new Map<string, number>()
  for (const { key, by } of durations.flatMap((duration) => timingIncrements("klag", duration))) {
    rows.set(key, (rows.get(key) ?? 0) + by)
  }
  return Array.from(rows, ([key, count]) => ({ key, count }))
}

describe("timings", () => {
  test("without durations all figures are zero", () => {
    expect(timingsOf([])).toEqual({
      count: 0,
      average: 0,
      p50: 0,
      p90: 0,
      p99: 0,
      max: 0,
      "other unit": 0,
      implausible: 0
    })
  })

  test("count and average are exact, percentiles at most 5 % too long", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: 1 }), (durations) => {
        const { count, average, p50, p99, max } = timingsOf(counted(durations))
        const sorted = durations.toSorted((a, b) => a - b)
        const rank = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
        expect(count).toBe(durations.length)
        expect(average).toBe(Math.round(durations.reduce((sum, one) => sum + one, 0) / durations.length))
        for (const [found, exact] of [
          [p50, rank(0.5)],
          [p99, rank(0.99)],
          [max, rank(1)]
        ] as const) {
          expect(found).toBeGreaterThanOrEqual(exact)
          expect(found).toBeLessThanOrEqual(exact * 1.05 + 1)
        }
      })
    )
  })

  test("a negative duration or NaN counts as zero", () => {
    for (const duration of [-5, Number.NaN, Number.POSITIVE_INFINITY, 1e300, -1e300]) {
      for (const { by } of timingIncrements("klag", duration)) expect(Number.isSafeInteger(by)).toBe(true)
    }
    expect(timingsOf(counted([-5, Number.NaN]))).toMatchObject({ count: 2, average: 0, max: 0 })
  })

  test("an implausible duration is counted separately and in no average", () => {
    const year = 366 * 86_400_000
    const wrong = [year + 1, -year - 1, Number.POSITIVE_INFINITY, 1e300]
    expect(timingsOf(counted([10, ...wrong]))).toMatchObject({
      count: 1,
      average: 10,
      max: 10,
      implausible: 4
    })
    expect(timingsOf(counted([year]))).toMatchObject({ count: 1, average: year, implausible: 0 })
    const ofOtherUnit = timingIncrements("klag", 1.79e12, { isOtherUnit: true })
    expect(timingsOf(ofOtherUnit.map(({ key, by }) => ({ key, count: by })))).toMatchObject({
      count: 0,
      "other unit": 1
    })
  })
})
