/** What becomes of the rounds of a benchmark. */
import { describe, expect, test } from "bun:test"
import { figuresOf } from "./h2load.ts"
import { growth, median, percentile, ratio, spreadOf, takeTurns } from "./rounds.ts"

describe("rounds", () => {
  test("the median is the middle one, or between the two in the middle", () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([4, 1, 2, 9])).toBe(3)
    expect(median([])).toBeNaN()
  })

  test("a spread is the median with the least and the most", () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3 })
  })

  test("a percentile is the value below which that share lies; of few values the last", () => {
    const hundred = Array.from({ length: 100 }, (_, i) => i)
    expect([0.5, 0.99, 0.999, 1].map((share) => percentile(hundred, share))).toEqual([50, 99, 99, 99])
    expect(percentile([], 0.5)).toBeNaN()
  })

  test("sides take turns, and another begins in each round", async () => {
    const order: Array<string> = []
    const side = (name: string) => async () => order.push(name)
    const taken = await takeTurns({ a: side("a"), b: side("b"), c: side("c") }, 3)
    expect(order.join("")).toBe("abcbcacab")
    expect(taken).toEqual({ a: [1, 6, 8], b: [2, 4, 9], c: [3, 5, 7] })
  })

  test("a ratio is of the same round of both sides", () => {
    expect(ratio([2, 30], [1, 10], (one) => one)).toEqual({ median: 2.5, least: 2, most: 3 })
  })

  test("growth is the last third to the middle third, whatever the warm-up was", () => {
    expect(growth([1, 50, 7, 100, 100, 100, 110, 110, 400])).toBe(1.1)
    expect(growth([1, 2, 3, 5, 5, 5, 5, 5, 5])).toBe(1)
  })
})

test("h2load's log: the rate from the first to the last start, percentiles, what was refused", () => {
  const log = Array.from(
    { length: 101 },
    (_, i) => `${1_000_000 + i * 10_000}\t${i === 7 ? 503 : 200}\t${i * 100}`
  )
  const { perSecond, refused, p50, p99 } = figuresOf(`${log.join("\n")}\n`)
  expect(perSecond).toBe(101)
  expect({ refused, p50, p99 }).toEqual({ refused: 1, p50: 5, p99: 9.9 })
})
