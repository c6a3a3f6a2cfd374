/** Times that the viewer's sentences tell, found by the page. */
import { expect, test } from "bun:test"
import { join } from "node:path"

const page = join(import.meta.dirname, "..", "..", "..", "..", "actors", "viewer", "web")
const { splitTimes } = await import(join(page, "split-times.js"))

test("times stand apart, the text around them stays", () => {
  expect(splitTimes("claimed until 2026-11-21 04:57:08 UTC, no failed attempt")).toEqual([
    "claimed until ",
    Date.UTC(2026, 10, 21, 4, 57, 8),
    ", no failed attempt"
  ])
})

test("what is no time stays text", () => {
  for (const text of ["stored", "at 2026-99-99 04:57:08 UTC", "2026-11-21 04:57 UTC"])
    expect(splitTimes(text).join("")).toBe(text)
})
