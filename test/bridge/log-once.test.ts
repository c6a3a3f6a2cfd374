/** A warning that comes again and again is logged once, until it works. */
import { expect, test } from "bun:test"
import { makeLogOnce } from "../../bridge/log-once.ts"

test("each text once, however they alternate, and again after it has worked", () => {
  const said = makeLogOnce()
  expect(["a", "b", "a", "b"].map(said.isNew)).toEqual([true, true, false, false])
  said.worked()
  expect(["a", "b"].map(said.isNew)).toEqual([true, true])
})

test("texts that are new each time stay few", () => {
  const said = makeLogOnce()
  const all = Array.from({ length: 1_000 }, (_, i) => said.isNew(String(i)))
  expect(all.filter((isNew) => isNew).length).toBe(16)
})
