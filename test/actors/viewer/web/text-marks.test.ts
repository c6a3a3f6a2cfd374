/** Characters that act or hide stand there as marks; the writing of people stays as it is. */
import { expect, test } from "bun:test"
import { join } from "node:path"

const page = join(import.meta.dirname, "..", "..", "..", "..", "actors", "viewer", "web")
const marks: {
  readonly piecesOf: (
    text: string
  ) => ReadonlyArray<string | { readonly picture: string; readonly name: string }>
} = await import(join(page, "text-marks.js"))

const shown = (text: string): string =>
  marks
    .piecesOf(text)
    .map((piece) => (typeof piece === "string" ? piece : `<${piece.picture}>`))
    .join("")

test("controls, overrides of direction, what hides, and halves of pairs", () => {
  expect(shown("a\u0000\u001b[31m\u0085\u202eb\u2066\u200f\ufeff\u{e0041}\ud800")).toBe(
    "a<NUL><ESC>[31m<U+0085><RLO>b<LRI><RLM><BOM><U+E0041><U+D800>"
  )
})

test("each says which character it is", () => {
  expect(marks.piecesOf("\u202e\n")).toEqual([
    { picture: "RLO", name: "U+202E" },
    { picture: "LF", name: "U+000A" }
  ])
})

test("scripts that need joiners stay whole", () => {
  for (const text of ["مرحبا بالعالم", "👨‍👩‍👧", "नमस्ते क्‍ष", "naïve – “x”", ""]) expect(shown(text)).toBe(text)
})
