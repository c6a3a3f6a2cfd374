/** JSON that is safe on a terminal and keeps its value. */
import { describe, expect, test } from "bun:test"
import { inertJson } from "../../../actors/tap/inert-json.ts"

describe("inert JSON", () => {
  const hostile = [
    "\u001b[2J\u0007\u0000\r\n",
    "\u007f\u009b31m",
    "\u202eabc\u2066",
    "a\u00a0b\u2028c\u2029\ufeff\u200b\u00ad",
    "\u{e0041}\ud800 and \udc00",
    '"quoted" \\ back'
  ]

  test("no invisible character is left unescaped", () => {
    const text = inertJson(hostile)
    expect(text).toMatch(/^[ -~]*$/)
    for (const visible of ["Grüße, 東京 🦊", "e\u0301"]) expect(inertJson(visible)).toBe(`"${visible}"`)
  })

  test("a JSON parser reads back the same value", () => {
    expect(JSON.parse(inertJson(hostile))).toEqual(hostile)
  })
})
