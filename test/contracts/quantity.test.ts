/** Durations and sizes as people write them. */
import { describe, expect, test } from "bun:test"
import { bytesOf, durationOf, hasUnit } from "../../contracts/quantity.ts"

describe("durationOf, in milliseconds", () => {
  const durations: ReadonlyArray<readonly [text: string, millis: number]> = [
    ["500ms", 500],
    ["500 millis", 500],
    ["10s", 10_000],
    ["10 seconds", 10_000],
    ["1.5s", 1500],
    [" 5M ", 300_000],
    ["5 min", 300_000],
    ["1h 30m", 5_400_000],
    ["1h30m", 5_400_000],
    ["2 hours, 5 minutes", 7_500_000],
    ["7d", 604_800_000],
    ["1 week", 604_800_000],
    ["10_000ms", 10_000],
    ["1 nano", 1e-6],
    ["0 seconds", 0],
    ["30", 30_000],
    ["0.5", 500],
    ["Infinity", Number.POSITIVE_INFINITY]
  ]
  test.each([...durations])("%s", (text, millis) => expect(durationOf(text, "seconds")).toBe(millis))

  test("a bare number has the given unit", () => {
    expect(durationOf("30", "milliseconds")).toBe(30)
    expect(durationOf("24", "hours")).toBe(86_400_000)
    expect(durationOf("30ms", "hours")).toBe(30)
  })

  test.each(["", " ", "soon", "-5s", "s", "10 x", "10s 5", "1e3", "PT10S", "10s!", "1..5s", "10 s s"])(
    "%j is invalid",
    (text) => expect(durationOf(text, "seconds")).toBeUndefined()
  )
})

describe("bytesOf", () => {
  const sizes: ReadonlyArray<readonly [text: string, bytes: number]> = [
    ["1048576", 1_048_576],
    ["1_048_576", 1_048_576],
    ["64KiB", 65_536],
    ["64 kib", 65_536],
    ["64Ki", 65_536],
    ["1MB", 1_000_000],
    ["1 mb", 1_000_000],
    ["1MiB", 1_048_576],
    ["1.5 GiB", 1_610_612_736],
    ["2TB", 2e12],
    ["512B", 512],
    ["0", 0]
  ]
  test.each([...sizes])("%s", (text, bytes) => expect(bytesOf(text)).toBe(bytes))

  test("a letter alone is ambiguous (1,000 or 1,024) and invalid, like any other text", () => {
    for (const text of ["64k", "1M", "2g", "", "much", "-1", "1 MB 2", "MiB", "1e6", "10s"])
      expect([text, bytesOf(text)]).toEqual([text, undefined])
  })
})

test("hasUnit distinguishes a duration from a bare number", () => {
  expect(["7d", "1h 30m", "36 hours ", "5 µs"].every(hasUnit)).toBe(true)
  expect(["7", "0.5", "", "2026-11-20"].some(hasUnit)).toBe(false)
})
