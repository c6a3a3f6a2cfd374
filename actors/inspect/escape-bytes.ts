/**
 * Converts the bytes of a line to readable, editable text and back without loss: visible valid UTF-8 stays as it is, every
 * other byte becomes `\xNN`, and a backslash is doubled. So a client's bytes can neither control a terminal nor be
 * invisible. Pure.
 */
import { Buffer } from "node:buffer"
import { Result } from "effect"
import { type ByteString, bytesOf } from "../../contracts/event.ts"

/** The bytes as text that is safe to display. Never throws. */
export const readable = (bytes: ByteString): string => {
  if (!/[^ -[\]-~]/.test(bytes)) return bytes
  let text = ""
  let rest = 0
  for (const { 0: run, index } of bytes.matchAll(utf8)) {
    text += escapeBytes(bytes.slice(rest, index))
    for (const char of Buffer.from(run, "latin1").toString("utf8")) {
      text += char === "\\" ? "\\\\" : visible.test(char) ? char : escapeBytes(bytesOf(char))
    }
    rest = index + run.length
  }
  return text + escapeBytes(bytes.slice(rest))
}

/** The bytes of a text from `readable`, which may have been edited; or a sentence on what is wrong with it. */
export const fromReadable = (text: string): Result.Result<ByteString, string> => {
  const control = /\p{Cc}/u.exec(text)
  if (control !== null) {
    const code = escapeBytes(bytesOf(control[0]))
    return Result.fail(`Invalid control character at position ${control.index}: write it as ${code}.`)
  }
  const wrong = /^(?:[^\\]|\\\\|\\x[0-9a-fA-F]{2})*/.exec(text)?.[0].length ?? 0
  if (wrong < text.length) {
    return Result.fail(
      `Invalid escape at position ${wrong}: a backslash must be followed by another one, or by x and two hex digits.`
    )
  }
  return Result.succeed(
    text
      .split(/(\\\\|\\x[0-9a-fA-F]{2})/)
      .map((part, i) => (i % 2 === 0 ? bytesOf(part) : escaped(part)))
      .join("") as ByteString
  )
}

/** Runs of bytes that are valid UTF-8 (RFC 3629: no overlong forms, no surrogates). */
const utf8 =
  /(?:\p{ASCII}|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})+/gu

/** Letters, marks, digits, punctuation, symbols and the plain space: no controls, format characters or other spaces. */
const visible = /^(?!\p{DI}|\u2800)[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

const escapeBytes = (bytes: string): string =>
  Array.from(bytes, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`).join("")

const escaped = (part: string): string =>
  part === "\\\\" ? "\\" : String.fromCharCode(Number.parseInt(part.slice(2), 16))
