/** A line shown to a person hides nothing, steers nothing, and edited text becomes exactly the bytes it says. */
import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import fc from "fast-check"
import { fromReadable, readable } from "../../../actors/inspect/escape-bytes.ts"
import { type ByteString, bytesOf } from "../../../contracts/event.ts"

const back = (text: string): string => Result.getOrThrowWith(fromReadable(text), (why) => new Error(why))
const anyBytes = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)),
      fc.string({ unit: "binary" }).map(bytesOf),
      fc.constantFrom(
        "\\",
        "\\x",
        "\\x41",
        "\u00c3",
        "\u00e2\u0080\u00ae",
        "\u00ed\u00a0\u0080",
        "\u00f0\u009f"
      )
    )
  )
  .map((parts) => parts.join("") as ByteString)

describe("readable", () => {
  for (const [bytes, text] of [
    ["10.0.0.1 1 a b /c d=1 Mozilla/5.0 (X11)", "10.0.0.1 1 a b /c d=1 Mozilla/5.0 (X11)"],
    [bytesOf("grüße 😀 日本"), "grüße 😀 日本"],
    ["\\x41", "\\\\x41"],
    ["\u001b[2J\u0007\n\r\t\0", "\\x1b[2J\\x07\\x0a\\x0d\\x09\\x00"],
    ["\xff\xc3", "\\xff\\xc3"],
    // An override of direction, no-break and zero-width spaces, a filler: what a person would not see.
    [
      bytesOf("\u202e\u00a0\u200b\ufeff\u3164\u2028"),
      "\\xe2\\x80\\xae\\xc2\\xa0\\xe2\\x80\\x8b\\xef\\xbb\\xbf\\xe3\\x85\\xa4\\xe2\\x80\\xa8"
    ],
    // A C1 control as UTF-8, an overlong slash, a surrogate.
    ["\xc2\x9b \xc0\xaf \xed\xa0\x80", "\\xc2\\x9b \\xc0\\xaf \\xed\\xa0\\x80"]
  ] as const) {
    test(`shows ${JSON.stringify(bytes)} as ${text}`, () => {
      expect(readable(bytes as ByteString)).toBe(text)
      expect(back(text)).toBe(bytes)
    })
  }

  test("loses nothing, whatever the bytes", () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const text = readable(bytes)
        expect(text).not.toMatch(/\p{C}|(?! )\p{Z}/u)
        expect(back(text)).toBe(bytes)
      }),
      { numRuns: 2_000 }
    )
  })

  test("also when the line is long", () => {
    const long = "\xff\u001b\\ü".repeat(100_000) as ByteString
    expect(back(readable(long))).toBe(long)
  })
})

describe("an edited text that is no line", () => {
  for (const [text, sentence] of [
    ["a\\b", "Behind the backslash at place 1"],
    ["a\\x4", "Behind the backslash at place 1"],
    ["ab\\", "Behind the backslash at place 2"],
    ["one\ntwo", "control character at place 3 as \\x0a"],
    ["\u009b", "control character at place 0 as \\xc2\\x9b"]
  ] as const) {
    test(JSON.stringify(text), () => {
      const result = fromReadable(text)
      expect(Result.isFailure(result) ? result.failure : "").toContain(sentence)
    })
  }
})
