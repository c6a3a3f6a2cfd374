/** CSV of the pages and of the server's downloads: a spreadsheet evaluates nothing of it. */
import { expect, test } from "bun:test"
import { csvTexts } from "../../../../actors/viewer/http/table-download.ts"
import { csvOf, pairsCsv } from "../../../../actors/viewer/web/csv.ts"

test("a text that begins like a formula gets a leading apostrophe", () => {
  const signs = ["=", "+", "-", "@", "＝", "＋", "－", "＠"]
  const before = [
    "",
    " ",
    "  ",
    "\t",
    "\r",
    "\n",
    "\u0001",
    "\u00a0",
    "\u200b",
    "\ufeff",
    "\u2028",
    " \u0001\u00ad "
  ]
  for (const text of signs.flatMap((sign) => before.map((blank) => `${blank}${sign}1+1`))) {
    expect(csvOf([[text]])).toStartWith(`"'${text}`)
  }
  for (const text of ["\tx", "\rx", "\nx"]) expect(csvOf([[text]])).toStartWith(`"'`)
})

test("the server's downloads guard formulas after white space and control characters", () => {
  for (const text of [" =1+1", "\u0001=1+1"]) {
    const [, row] = [...csvTexts([{ text }])]
    expect(row).toBe(`"'${text}"\r\n`)
  }
})

test("numbers and other texts stay as they are, quoted by RFC 4180", () => {
  expect(csvOf([["a-b", 'say "hi", you', "x\ny", -5, undefined]])).toBe(
    '"a-b","say ""hi"", you","x\ny",-5,\r\n'
  )
})

test("names are guarded like values", () => {
  expect(pairsCsv([["=a", "@b"]])).toBe('"name","value"\r\n"\'=a","\'@b"\r\n')
})
