/** Random hostile texts and bytes. */
import { Buffer } from "node:buffer"
import type { Random } from "../faults/random.ts"

const chunks = [
  "a",
  "deviceid",
  "=",
  "&",
  ";",
  "?",
  "#",
  "+",
  " ",
  "  ",
  "%",
  "%%",
  "%0",
  "%00",
  "%0a",
  "%0D%0A",
  "%20",
  "%zz",
  "%C0%80",
  "%ED%A0%80",
  "%F4%90%80%80",
  "%u0041",
  "[",
  "]",
  "[]",
  "[0]",
  "[a][b]",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "..",
  "../",
  "//",
  "\\",
  "/",
  ".gif",
  "\u00e9",
  "\u20ac",
  "\u{1f600}",
  "\u2028",
  "\u0085",
  "\ufeff",
  "\ud800",
  "\udc00",
  "\u202e",
  "<script>alert(1)</script>",
  "javascript:",
  "$".concat("{jndi:x}"),
  "' OR 1=1 --",
  "=cmd|' /C calc'!A0",
  "nopod",
  "1795206900000",
  "127.0.0.1",
  "999999999999999999999",
  "-0",
  "1e999",
  "NaN",
  "null",
  "true",
  "x".repeat(300),
  '"',
  "'",
  "`",
  "{",
  "}",
  ","
] as const satisfies readonly [string, ...ReadonlyArray<string>]

/** Control characters, which are invalid in headers and targets. */
const controls = ["\0", "\r", "\n", "\r\n", "\t", "\u007f", "\u001b[31m", "\u0001", "\v", "\f"] as const

/** A text of hostile parts, without control characters. */
export const badText = (random: Random, max = 8): string =>
  Array.from({ length: random.whole(0, max) }, () => random.pick(chunks)).join("")

/** The same with control characters. */
export const worseText = (random: Random, max = 8): string =>
  Array.from({ length: random.whole(0, max) }, () =>
    random.next() < 0.3 ? random.pick(controls) : random.pick(chunks)
  ).join("")

/** Any bytes. */
export const anyBytes = (random: Random, max: number): Uint8Array =>
  Uint8Array.from({ length: random.whole(0, max) }, () => random.whole(0, 255))

/** Any bytes that are allowed in the target of a request: no space, no control character. */
export const targetBytes = (random: Random, max: number): string =>
  Buffer.from(anyBytes(random, max).filter((byte) => byte > 0x20 && byte !== 0x7f && byte !== 0x23)).toString(
    "latin1"
  )

/** A text as UTF-8 bytes, one character per byte, without characters that end a target or a header. */
export const inTarget = (text: string): string =>
  Buffer.from(text, "utf8")
    .filter((byte) => byte > 0x20 && byte !== 0x7f && byte !== 0x23)
    .reduce((target, byte) => target + String.fromCharCode(byte), "")

/** The bytes with some of them changed, dropped or doubled. */
export const damaged = (random: Random, sent: Uint8Array, changes = random.whole(1, 4)): Uint8Array => {
  let bytes = Buffer.from(sent)
  for (let n = 0; n < changes; n++) {
    const at = random.whole(0, Math.max(0, bytes.length - 1))
    const end = Math.min(bytes.length, at + random.whole(1, 16))
    const before = bytes.subarray(0, at)
    const kind = random.whole(0, 3)
    if (kind === 0) bytes = Buffer.concat([before, anyBytes(random, 4), bytes.subarray(at + 1)])
    else if (kind === 1) bytes = Buffer.concat([before, bytes.subarray(end)])
    else if (kind === 2) bytes = Buffer.concat([before, bytes.subarray(at, end), bytes.subarray(at)])
    else bytes = Buffer.concat([before, Buffer.from(worseText(random, 2), "utf8"), bytes.subarray(at)])
  }
  return bytes
}
