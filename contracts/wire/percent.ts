/** Percent-encoding of bytes: RFC 3986 for values in a record, and the minimum for a field of a line. */
import { type ByteString, bytesOf, textOf } from "../event.ts"

const percent: ReadonlyArray<string> = Array.from(
  { length: 256 },
  (_, byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`
)

const encodeWhere = (bytes: string, unsafe: RegExp): ByteString =>
  bytes.replace(unsafe, (char) => percent[char.charCodeAt(0)] ?? "") as ByteString

/** RFC 3986: every byte except `A-Z a-z 0-9 - . _ ~` becomes `%XX`. */
export const encodeValue = (bytes: ByteString): ByteString =>
  /[^A-Za-z0-9\-._~]/.test(bytes) ? encodeWhere(asBytes(bytes), /[^A-Za-z0-9\-._~]/g) : bytes

/** A field of a line: the space, control characters and DEL become `%XX`; every other byte stays, `%` included. */
export const escapeField = (bytes: ByteString): ByteString =>
  /[^!-~\x80-\xff]/.test(bytes) ? encodeWhere(asBytes(bytes), /[^!-~\x80-\xff]/g) : bytes

/** The user agent of a line: as a field, but spaces stay. */
export const escapeUserAgent = (bytes: ByteString): ByteString =>
  /[^ -~\x80-\xff]/.test(bytes) ? encodeWhere(asBytes(bytes), /[^ -~\x80-\xff]/g) : bytes

/** NOTE: a character above U+00FF is not a byte: the string is text that was not converted with `bytesOf`. */
const asBytes = (bytes: ByteString): ByteString => (/[\u0100-\uffff]/.test(bytes) ? bytesOf(bytes) : bytes)

/**
 * The text of a percent-encoded value. Never fails: a `%` without two hex digits stays, and invalid UTF-8 becomes U+FFFD.
 * With `plusIsSpace`, as in forms, `+` is a space.
 */
export const decodeValue = (value: ByteString, plusIsSpace: boolean): string => {
  if (!value.includes("%")) {
    return textOf((plusIsSpace && value.includes("+") ? value.replaceAll("+", " ") : value) as ByteString)
  }
  // A loop, because a value may have any length and consist of escapes only.
  const bytes = new Uint8Array(value.length)
  let length = 0
  for (let at = 0; at < value.length; at++) {
    const byte = value.charCodeAt(at)
    if (byte === 37) {
      const high = hexDigit(value.charCodeAt(at + 1))
      const low = hexDigit(value.charCodeAt(at + 2))
      const isEscape = high >= 0 && low >= 0
      bytes[length++] = isEscape ? high * 16 + low : byte
      if (isEscape) at += 2
    } else bytes[length++] = byte === 43 && plusIsSpace ? 32 : byte
  }
  return decoder.decode(bytes.subarray(0, length))
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/** The value of a character code as a hex digit; -1 for any other code, NaN included. */
const hexDigit = (code: number): number => {
  if (code >= 48 && code <= 57) return code - 48
  const letter = code | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}
