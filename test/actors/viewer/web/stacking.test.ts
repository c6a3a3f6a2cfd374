import { expect, test } from "bun:test"
import { join } from "node:path"

type Lines = ReadonlyArray<ReadonlyArray<number | null>>

const file = join(import.meta.dirname, "../../../../actors/viewer/web/stacking.js")
const { stack }: { readonly stack: (lines: Lines) => Lines } = await import(file)

test("lines stand on those behind them; the first is the sum of all", () => {
  expect(
    stack([
      [1, 2],
      [10, 20],
      [100, 200]
    ])
  ).toEqual([
    [111, 222],
    [110, 220],
    [100, 200]
  ])
})

test("what is not known of one line adds nothing; of all lines, nothing is known of the sum", () => {
  expect(
    stack([
      [null, null, 3],
      [null, 5, null]
    ])
  ).toEqual([
    [null, 5, 3],
    [null, 5, null]
  ])
  expect(stack([])).toEqual([])
})
