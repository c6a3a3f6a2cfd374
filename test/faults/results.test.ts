/** Results are kept from run to run: a case that runs again replaces its own, and no other. */
import { expect, test } from "bun:test"
import { type KeptResult, mergeResults } from "./results.ts"

const result = (number: string, name: string, command: string): KeptResult => ({
  number,
  name,
  command,
  date: "2026-11-21",
  seed: 1,
  passed: true,
  seconds: 1,
  proof: "",
  account: undefined,
  problems: []
})

test("new results replace those of the same case, in the order of the matrix", () => {
  const before = [result("3", "a", "old"), result("29", "b", "old"), result("29", "c", "old")]
  const now = [result("clock", "d", "new"), result("29", "c", "new"), result("29", "c", "new")]
  expect(
    mergeResults(before, now).map(({ number, name, command }) => `${number} ${name} ${command}`)
  ).toEqual(["3 a old", "29 b old", "29 c new", "29 c new", "clock d new"])
})
