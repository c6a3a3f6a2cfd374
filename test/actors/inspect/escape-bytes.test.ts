/** A displayed line has no invisible characters or terminal escapes, and edited text becomes exactly the bytes it shows. */
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
    // A direction override, no-break and zero-width spaces, a filler: invisible to people.
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

  test("is lossless for arbitrary bytes", () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const text = readable(bytes)
        expect(text).not.toMatch(/\p{C}|(?! )\p{Z}/u)
        expect(back(text)).toBe(bytes)
      }),
      { numRuns: 2_000 }
    )
  })

  test("is lossless for long lines", () => {
    const long = "\xff\u001b\\ü".repeat(100_000) as ByteString
    expect(back(readable(long))).toBe(long)
  })
})

describe("an edited text that is not a valid line", () => {
  for (const [text, sentence] of [
    ["a\\b", "Invalid escape at position 1"],
    ["a\\x4", "Invalid escape at position 1"],
    ["ab\\", "Invalid escape at position 2"],
    ["one\ntwo", "control character at position 3: write it as \\x0a"],
    ["\u009b", "control character at position 0: write it as \\xc2\\x9b"]
  ] as const) {
    test(JSON.stringify(text), () => {
      const result = fromReadable(text)
      expect(Result.isFailure(result) ? result.failure : "").toContain(sentence)
    })
  }
})
