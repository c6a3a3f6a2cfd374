/** A repeated warning is logged once until the operation succeeds. */
import { expect, test } from "bun:test"
import { makeLogOnce } from "../../bridge/log-once.ts"

test("each text is new once, in any order, and again after a success", () => {
  const said = makeLogOnce()
  expect(["a", "b", "a", "b"].map(said.isNew)).toEqual([true, true, false, false])
  said.worked()
  expect(["a", "b"].map(said.isNew)).toEqual([true, true])
})

test("the number of different texts is bounded", () => {
  const said = makeLogOnce()
  const all = Array.from({ length: 1_000 }, (_, i) => said.isNew(String(i)))
  expect(all.filter((isNew) => isNew).length).toBe(16)
})
