/** When the heap of a process on Bun is collected, and that it is while a process lives. */
import { fullGC, heapSize } from "bun:jsc"
import { expect, test } from "bun:test"
import { Effect } from "effect"
import { hasGrown, keepMemoryLow } from "../../../actors/system/memory.bun.ts"
import { eventually } from "../../support/eventually.ts"

const megabyte = 1024 * 1024

test("a small heap is due when it has grown by 16 MB, a large one when by half of itself", () => {
  expect(hasGrown(40 * megabyte, 30 * megabyte)).toBe(false)
  expect(hasGrown(47 * megabyte, 30 * megabyte)).toBe(true)
  expect(hasGrown(130 * megabyte, 100 * megabyte)).toBe(false)
  expect(hasGrown(151 * megabyte, 100 * megabyte)).toBe(true)
})

test("what nobody holds any more is gone soon, in a process that is large", async () => {
  fullGC()
  const before = heapSize()
  const look = Effect.gen(function* () {
    yield* keepMemoryLow
    const grown = dropped()
    expect(grown).toBeGreaterThan(before + 150 * megabyte)
    yield* Effect.promise(() =>
      eventually("what was dropped is gone", () => heapSize() < before + 50 * megabyte)
    )
  })
  await Effect.runPromise(Effect.scoped(look))
})

/** Makes what nobody holds afterwards; how large the heap was with it, bytes. */
const dropped = (): number => {
  const some = Array.from({ length: 8_000_000 }, (_, n) => ({ n }))
  const grown = heapSize()
  expect(some).toHaveLength(8_000_000)
  return grown
}
