/** Decoding follows its description for any bytes: compared with the simplest implementation. */
import { expect, test } from "bun:test"
import fc from "fast-check"
import { textOf } from "../../../contracts/event.ts"
import { decodeValue } from "../../../contracts/wire/percent.ts"
import { bytes } from "./vectors.ts"

const plainly = (value: string, plusIsSpace: boolean): string =>
  textOf(
    bytes(
      (plusIsSpace ? value.replaceAll("+", " ") : value).replace(/%([0-9a-fA-F]{2})/g, (_, digits: string) =>
        String.fromCharCode(Number.parseInt(digits, 16))
      )
    )
  )

test("escapes are decoded and all other bytes stay", () => {
  const piece = fc.constantFrom(
    "%",
    "%4",
    "%41",
    "%c3%A9",
    "%C3",
    "%zz",
    "%G0",
    "%+1",
    "+",
    "a",
    "\xc3\xa9",
    "\xff",
    "%00",
    "%EF%BB%BF"
  )
  fc.assert(
    fc.property(fc.array(piece), fc.boolean(), (pieces, plusIsSpace) => {
      const value = pieces.join("")
      expect(decodeValue(bytes(value), plusIsSpace)).toBe(plainly(value, plusIsSpace))
    }),
    { numRuns: 3_000 }
  )
})
