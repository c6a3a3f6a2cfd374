/** When the heap of a process on Bun is due for collection, and that it is collected. */
import { fullGC, heapSize } from "bun:jsc"
import { expect, test } from "bun:test"
import { Effect } from "effect"
import { hasGrown, keepMemoryLow, nextInterval } from "../../../actors/runtime/gc.bun.ts"
import { eventually } from "../../support/eventually.ts"

const megabyte = 1024 * 1024

test("a small heap is due when it has grown by 16 MB, a large one when by half of itself", () => {
  expect(hasGrown(40 * megabyte, 30 * megabyte)).toBe(false)
  expect(hasGrown(47 * megabyte, 30 * megabyte)).toBe(true)
  expect(hasGrown(130 * megabyte, 100 * megabyte)).toBe(false)
  expect(hasGrown(151 * megabyte, 100 * megabyte)).toBe(true)
})

test("the heap is checked less and less often while it does not grow, and at once more often when it does", () => {
  const still = [25, 50, 100, 200, 400].map((intervalMs) => nextInterval(intervalMs, 10_000))
  expect(still).toEqual([50, 100, 200, 400, 400])
  expect(nextInterval(400, -megabyte)).toBe(400)
  expect(nextInterval(400, megabyte)).toBe(25)
})

test("garbage is collected soon in a process that is large", async () => {
  fullGC()
  const before = heapSize()
  const grow = Effect.gen(function* () {
    yield* keepMemoryLow
    const enough = before + 150 * megabyte
    expect(dropped(enough)).toBeGreaterThan(enough)
    yield* Effect.promise(() =>
      eventually("the garbage is collected", () => heapSize() < before + 50 * megabyte)
    )
  })
  await Effect.runPromise(Effect.scoped(grow))
})

/**
 * Allocates garbage until the heap is larger than `enough` bytes; returns its size. In a process that already holds much
 * memory, such as one that runs all tests, the size grows only at the next collection.
 */
const dropped = (enough: number): number => {
  const some: Array<ReadonlyArray<unknown>> = []
  let grown = 0
  while (grown <= enough && some.length < 8) {
    some.push(Array.from({ length: 4_000_000 }, (_, n) => ({ n })))
    grown = heapSize()
  }
  expect(some.length).toBeGreaterThan(0)
  return grown
}
