/** The CSV that the page of events copies and saves: a spreadsheet shows it and does not run it. */
import { expect, test } from "bun:test"
import { join } from "node:path"

const page = join(import.meta.dirname, "..", "..", "..", "..", "actors", "viewer", "page")
const csv: {
  readonly csvOf: (rows: ReadonlyArray<ReadonlyArray<string | number | undefined>>) => string
  readonly pairsCsv: (pairs: ReadonlyArray<readonly [string, string]>) => string
} = await import(join(page, "csv.js"))

test("a text that begins like a formula stands behind an apostrophe", () => {
  for (const text of ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "\n=1", "＝1", "\tx", "\rx"]) {
    expect(csv.csvOf([[text]]).replace(/^"/, "")).toStartWith("'")
  }
})

test("numbers and other texts stay as they are, and are quoted by RFC 4180", () => {
  expect(csv.csvOf([["a-b", 'say "hi", you', "x\ny", -5, undefined]])).toBe(
    'a-b,"say ""hi"", you","x\ny",-5,\r\n'
  )
})

test("names are as harmless as values", () => {
  expect(csv.pairsCsv([["=a", "@b"]])).toBe("name,value\r\n'=a,'@b\r\n")
})
