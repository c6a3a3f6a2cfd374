/** The CSV that the page of events copies and saves: a spreadsheet shows it and does not run it. */
import { expect, test } from "bun:test"
import { join } from "node:path"

const page = join(import.meta.dirname, "..", "..", "..", "..", "actors", "viewer", "web")
const csv: {
  readonly csvOf: (rows: ReadonlyArray<ReadonlyArray<string | number | undefined>>) => string
  readonly pairsCsv: (pairs: ReadonlyArray<readonly [string, string]>) => string
} = await import(join(page, "csv.js"))

test("a text that begins like a formula stands behind an apostrophe", () => {
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
    expect(csv.csvOf([[text]])).toStartWith(`"'${text}`)
  }
  for (const text of ["\tx", "\rx", "\nx"]) expect(csv.csvOf([[text]])).toStartWith(`"'`)
})

test("numbers and other texts stay as they are, and are quoted by RFC 4180", () => {
  expect(csv.csvOf([["a-b", 'say "hi", you', "x\ny", -5, undefined]])).toBe(
    '"a-b","say ""hi"", you","x\ny",-5,\r\n'
  )
})

test("names are as harmless as values", () => {
  expect(csv.pairsCsv([["=a", "@b"]])).toBe('"name","value"\r\n"\'=a","\'@b"\r\n')
})
