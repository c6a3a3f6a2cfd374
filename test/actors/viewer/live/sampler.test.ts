import { expect, test } from "bun:test"
import { Sampler } from "../../../../actors/viewer/live/sampler.ts"

const pushed = (count: number, limit: number): Sampler<number> => {
  const sampler = new Sampler<number>(limit)
  for (let n = 0; n < count; n++) sampler.push(n)
  return sampler
}

test("few items are all taken, in order, and removed", () => {
  const sampler = pushed(5, 10)
  expect(sampler.take(5)).toEqual({ items: [0, 1, 2, 3, 4], every: 1 })
  expect(sampler.isEmpty).toBe(true)
  expect(sampler.take(5)).toEqual({ items: [], every: 1 })
})

test("of many items every Nth is taken, and N is right", () => {
  for (const count of [6, 10, 11, 100, 1_000, 12_345]) {
    for (const max of [1, 5, 40, 200]) {
      const { items, every } = pushed(count, 100).take(max)
      expect(items.length).toBeLessThanOrEqual(max)
      expect(items.length).toBeGreaterThan(0)
      const gaps = items.slice(1).map((item, place) => item - (items[place] ?? 0))
      expect(gaps.every((gap) => gap === every)).toBe(true)
      expect(count - (items.at(-1) ?? 0)).toBeLessThanOrEqual(every)
      expect(Math.abs(items.length * every - count)).toBeLessThanOrEqual(every)
    }
  }
})
