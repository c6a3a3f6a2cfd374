import { expect, test } from "bun:test"
import { rateOf } from "../../../gateway/guard/rate.ts"

test("a rate is parsed with its time unit and burst", () => {
  expect(rateOf("100")).toEqual({ intervalMs: 10, burst: 100 })
  expect(rateOf("100/s burst 200")).toEqual({ intervalMs: 10, burst: 200 })
  expect(rateOf(" 6000 / min , burst 7 ")).toEqual({ intervalMs: 10, burst: 7 })
  expect(rateOf("36/h")).toEqual({ intervalMs: 100_000, burst: 36 })
  expect(rateOf("3/m")).toEqual({ intervalMs: 20_000, burst: 3 })
  expect(rateOf("0.5/second")).toEqual({ intervalMs: 2000, burst: 1 })
})

test("an invalid rate is undefined", () => {
  for (const bad of ["", "0", "-1", "x", "1/d", "1/s burst 0", "1 burst", "1/s 5", "1e3", "Infinity"])
    expect(rateOf(bad)).toBeUndefined()
})
