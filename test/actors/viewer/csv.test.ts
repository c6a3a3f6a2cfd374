import { expect, test } from "bun:test"
import { csvOf } from "../../../actors/viewer/csv.ts"

test("rows are lines that end as RFC 4180 has it; texts are quoted, numbers are not", () => {
  expect(csvOf([{ type: 'a "b", c\nd', events: 3 }])).toBe('"type","events"\r\n"a ""b"", c\nd",3\r\n')
  expect(csvOf([])).toBe("\r\n")
})

test("no text begins like a formula, and a negative number stays one", () => {
  for (const begin of ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]) {
    expect(csvOf([{ type: `${begin}cmd|' /C calc'!A0` }])).toContain(`"'${begin}cmd`)
  }
  expect(csvOf([{ lag: -5 }])).toBe('"lag"\r\n-5\r\n')
  expect(csvOf([{ type: "a;=1+1" }])).toBe('"type"\r\n"a;=1+1"\r\n')
})
