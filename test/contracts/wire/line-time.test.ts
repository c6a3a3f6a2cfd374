/** A time in the other dialect's unit is detected by the time at which the event was seen. */
import { expect, test } from "bun:test"
import { isOtherUnit, isPlausibleDuration } from "../../../contracts/wire/line-time.ts"

const seen = 1_795_206_900_123
const day = 86_400_000

test("seconds where milliseconds belong, and the other way round", () => {
  expect(isOtherUnit(1_795_206_900, "pushtech", seen)).toBe(true)
  expect(isOtherUnit(1_795_206_900_000, "adtekio", seen)).toBe(true)
  expect(isOtherUnit(1_795_206_900_000 - 300 * day, "adtekio", seen)).toBe(true)
})

test("a correct time of any age, and a time that is wrong in both units, are not detected", () => {
  const microseconds = 1_795_206_900_000_000
  for (const ts of [1_795_206_900_000, 1_795_206_900_000 - 300 * day, 0, 1, microseconds]) {
    expect(isOtherUnit(ts, "pushtech", seen)).toBe(false)
  }
  for (const ts of [1_795_206_900, 1_795_206_900 - 300 * (day / 1000), 0, 1, microseconds]) {
    expect(isOtherUnit(ts, "adtekio", seen)).toBe(false)
  }
})

test("a duration is plausible up to a year, in both directions", () => {
  expect([0, -5, 366 * day, -366 * day].map(isPlausibleDuration)).toEqual([true, true, true, true])
  expect([366 * day + 1, -366 * day - 1, Number.NaN].map(isPlausibleDuration)).toEqual([false, false, false])
})
