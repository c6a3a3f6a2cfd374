import { expect, test } from "bun:test"
import { stack } from "../../../../actors/viewer/web/stacking.ts"

test("each line is stacked on the lines after it; the first is the sum of all", () => {
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

test("an unknown value adds nothing; where all are unknown, so is the sum", () => {
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
