/** The statistics of the rounds of a benchmark. */
import { describe, expect, test } from "bun:test"
import { figuresOf } from "./h2load.ts"
import { growth, median, percentile, ratio, spreadOf, takeTurns } from "./rounds.ts"

describe("rounds", () => {
  test("the median is the middle number, or the mean of the two in the middle", () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([4, 1, 2, 9])).toBe(3)
    expect(median([])).toBeNaN()
  })

  test("a spread has the median, the minimum and the maximum", () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 })
  })

  test("a percentile is the value below which that share is; of few values it is the last", () => {
    const hundred = Array.from({ length: 100 }, (_, i) => i)
    expect([0.5, 0.99, 0.999, 1].map((share) => percentile(hundred, share))).toEqual([50, 99, 99, 99])
    expect(percentile([], 0.5)).toBeNaN()
  })

  test("sides are measured in turn, and the first one rotates", async () => {
    const order: Array<string> = []
    const side = (name: string) => async () => order.push(name)
    const taken = await takeTurns({ a: side("a"), b: side("b"), c: side("c") }, 3)
    expect(order.join("")).toBe("abcbcacab")
    expect(taken).toEqual({ a: [1, 6, 8], b: [2, 4, 9], c: [3, 5, 7] })
  })

  test("a ratio compares the same round of both sides", () => {
    expect(ratio([2, 30], [1, 10], (one) => one)).toEqual({ median: 2.5, min: 2, max: 3 })
  })

  test("growth is the last third over the middle third, without the warm-up", () => {
    expect(growth([1, 50, 7, 100, 100, 100, 110, 110, 400])).toBe(1.1)
    expect(growth([1, 2, 3, 5, 5, 5, 5, 5, 5])).toBe(1)
  })
})

test("h2load's log has the rate from the first to the last request, percentiles and refused requests", () => {
  const log = Array.from(
    { length: 101 },
    (_, i) => `${1_000_000 + i * 10_000}\t${i === 7 ? 503 : 200}\t${i * 100}`
  )
  const { perSecond, refused, p50, p99 } = figuresOf(`${log.join("\n")}\n`)
  expect(perSecond).toBe(101)
  expect({ refused, p50, p99 }).toEqual({ refused: 1, p50: 5, p99: 9.9 })
})
