import { expect, test } from "bun:test"
import { Thinned } from "../../../../actors/viewer/live/sampler.ts"

const pushed = (count: number, limit: number): Thinned<number> => {
  const thinned = new Thinned<number>(limit)
  for (let n = 0; n < count; n++) thinned.push(n)
  return thinned
}

test("few are all taken, in order, and then forgotten", () => {
  const thinned = pushed(5, 10)
  expect(thinned.take(5)).toEqual({ items: [0, 1, 2, 3, 4], every: 1 })
  expect(thinned.isEmpty).toBe(true)
  expect(thinned.take(5)).toEqual({ items: [], every: 1 })
})

test("of many, one in so many is taken, evenly, and what is said is true", () => {
  for (const count of [6, 10, 11, 100, 1_000, 12_345]) {
    for (const most of [1, 5, 40, 200]) {
      const { items, every } = pushed(count, 100).take(most)
      expect(items.length).toBeLessThanOrEqual(most)
      expect(items.length).toBeGreaterThan(0)
      const gaps = items.slice(1).map((item, place) => item - (items[place] ?? 0))
      expect(gaps.every((gap) => gap === every)).toBe(true)
      expect(count - (items.at(-1) ?? 0)).toBeLessThanOrEqual(every)
      expect(Math.abs(items.length * every - count)).toBeLessThanOrEqual(every)
    }
  }
})
