/** Tables as files: written by the only CSV writer and sent in chunks. */
import { expect, test } from "bun:test"
import type { TableRow } from "../../../../actors/viewer/counters.ts"
import { csvTexts, jsonTexts, streamOf } from "../../../../actors/viewer/http/table-download.ts"

const csv = (rows: ReadonlyArray<TableRow>): string => [...csvTexts(rows)].join("")
const json = (rows: ReadonlyArray<TableRow>): string => [...jsonTexts(rows)].join("")

test("rows are lines with the line ends of RFC 4180; texts are quoted, numbers are not", () => {
  expect(csv([{ type: 'a "b", c\nd', events: 3 }])).toBe('"type","events"\r\n"a ""b"", c\nd",3\r\n')
  expect(csv([])).toBe("\r\n")
})

test("a text that begins like a formula is guarded, and a negative number stays a number", () => {
  const begins = [
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "＝",
    "＋",
    "－",
    "＠",
    " =",
    "\u0001=",
    " \u0002 @",
    "\u00a0-"
  ]
  for (const begin of begins) {
    expect(csv([{ type: `${begin}cmd|' /C calc'!A0` }])).toContain(`"'${begin}cmd`)
  }
  expect(csv([{ lag: -5 }])).toBe('"lag"\r\n-5\r\n')
  expect(csv([{ type: "a;=1+1" }])).toBe('"type"\r\n"a;=1+1"\r\n')
})

test("many rows are sent in chunks, each written when the previous one was consumed", async () => {
  const rows = Array.from({ length: 1_234 }, (_, n) => ({ type: `type ${n}`, events: n }))
  expect([...csvTexts(rows)].length).toBe(4)
  expect(csv(rows).split("\r\n")).toHaveLength(1_236)
  expect(JSON.parse(json(rows))).toEqual(rows)
  expect(JSON.parse(json([]))).toEqual([])

  let written = 0
  const counting = function* () {
    for (const text of csvTexts(rows)) {
      written += 1
      yield text
    }
  }
  const reader = streamOf(counting()).getReader()
  await reader.read()
  expect(written).toBeLessThan(4)
  await reader.cancel()
})
