/** Percent-encoding of bytes: RFC 3986 for values in a record, and the least that keeps a field of a line in one piece. */
import { type Bytes, bytesOf, textOf } from "../event.ts"

const percent: ReadonlyArray<string> = Array.from(
  { length: 256 },
  (_, byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`
)

const encodeWhere = (bytes: string, unsafe: RegExp): Bytes =>
  bytes.replace(unsafe, (char) => percent[char.charCodeAt(0)] ?? "") as Bytes

/** RFC 3986: all but `A-Z a-z 0-9 - . _ ~` becomes `%XX`. */
export const encodeValue = (bytes: Bytes): Bytes =>
  /[^A-Za-z0-9\-._~]/.test(bytes) ? encodeWhere(asBytes(bytes), /[^A-Za-z0-9\-._~]/g) : bytes

/** A field of a line: the space, control characters and DEL become `%XX`, every other byte stays, `%` too. */
export const escapeField = (bytes: Bytes): Bytes =>
  /[^!-~\x80-\xff]/.test(bytes) ? encodeWhere(asBytes(bytes), /[^!-~\x80-\xff]/g) : bytes

/** The user agent of a line: as a field, but it keeps its spaces. */
export const escapeUserAgent = (bytes: Bytes): Bytes =>
  /[^ -~\x80-\xff]/.test(bytes) ? encodeWhere(asBytes(bytes), /[^ -~\x80-\xff]/g) : bytes

/** NOTE: a character above U+00FF is no byte, so such a string can only be text that nobody has converted. */
const asBytes = (bytes: Bytes): Bytes => (/[\u0100-\uffff]/.test(bytes) ? bytesOf(bytes) : bytes)

/**
 * The text of a percent-encoded value. Lossy and never fails: a `%` without two hex digits stays as it is,
 * and what is not UTF-8 becomes U+FFFD. With `plusIsSpace`, as forms write it, `+` is a space.
 */
export const decodeValue = (value: Bytes, plusIsSpace: boolean): string => {
  const spaced = plusIsSpace && value.includes("+") ? value.replaceAll("+", " ") : value
  if (!spaced.includes("%")) return textOf(spaced as Bytes)
  return textOf(
    spaced.replace(/%([0-9a-fA-F]{2})/g, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 16))
    ) as Bytes
  )
}
