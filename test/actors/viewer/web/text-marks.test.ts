/** Invisible characters become marks; scripts and emoji stay unchanged. */
import { expect, test } from "bun:test"
import { piecesOf } from "../../../../actors/viewer/web/text-marks.ts"

const shown = (text: string): string =>
  piecesOf(text)
    .map((piece) => (typeof piece === "string" ? piece : `<${piece.picture}>`))
    .join("")

test("controls, direction overrides, hidden characters and lone surrogates become marks", () => {
  expect(shown("a\u0000\u001b[31m\u0085\u202eb\u2066\u200f\ufeff\u{e0041}\ud800")).toBe(
    "a<NUL><ESC>[31m<U+0085><RLO>b<LRI><RLM><BOM><U+E0041><U+D800>"
  )
})

test("a mark names its character", () => {
  expect(piecesOf("\u202e\n")).toEqual([
    { picture: "RLO", name: "U+202E" },
    { picture: "LF", name: "U+000A" }
  ])
})

test("scripts that need joiners stay whole", () => {
  for (const text of ["مرحبا بالعالم", "👨‍👩‍👧", "नमस्ते क्‍ष", "naïve – “x”", ""]) expect(shown(text)).toBe(text)
})
