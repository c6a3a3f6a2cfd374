/** Finding the UTC times in the server's sentences. */
import { expect, test } from "bun:test"
import { splitTimes } from "../../../../actors/viewer/web/split-times.ts"

test("times are separated from the text around them", () => {
  expect(splitTimes("claimed until 2026-11-21 04:57:08 UTC, no failed attempt")).toEqual([
    "claimed until ",
    Date.UTC(2026, 10, 21, 4, 57, 8),
    ", no failed attempt"
  ])
})

test("an invalid time stays text", () => {
  for (const text of ["stored", "at 2026-99-99 04:57:08 UTC", "2026-11-21 04:57 UTC"])
    expect(splitTimes(text).join("")).toBe(text)
})
