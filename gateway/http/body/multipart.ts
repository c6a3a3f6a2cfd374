/**
 * Multipart forms (RFC 7578), as `sendBeacon(FormData)` sends them: converts their fields to a query. Files are refused.
 * Keeps no state; its input is limited by the body's limits.
 */
import { byteStringOf } from "../../../contracts/byte-string.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { encodeValue } from "../../../contracts/wire/percent.ts"
import { HttpError } from "../errors.ts"
import { isBinary } from "./binary.ts"

/** Maximum size of the headers of one part, bytes. */
const maxPartHeaderBytes = 4_096

export interface MultipartLimits {
  readonly maxFields: number
  /** Size of the query, percent-encoded. */
  readonly maxQueryBytes: number
}

/**
 * One parameter per field, in order, percent-encoded. An unused file input (empty file) is omitted. Throws an
 * `HttpError`: 400 for a file, an invalid form or too many fields, 413 for fields that are too large.
 */
export const multipartQuery = (
  bytes: Uint8Array,
  boundary: string,
  { maxFields, maxQueryBytes }: MultipartLimits
): ByteString => {
  const pairs: Array<string> = []
  let size = 0
  for (const { name, value } of fieldsIn(byteStringOf(bytes), `--${boundary}`)) {
    const pair = `${encodeValue(name)}=${encodeValue(value)}`
    size += pair.length + 1
    if (size > maxQueryBytes + 1) {
      throw new HttpError("too-large", `The fields of the form exceed ${maxQueryBytes} bytes.`)
    }
    if (pairs.length === maxFields) {
      throw new HttpError("bad-request", `The form has more than ${maxFields} fields.`)
    }
    pairs.push(pair)
  }
  return pairs.join("&") as ByteString
}

interface Field {
  readonly name: ByteString
  readonly value: ByteString
}

/** The fields of a form. `text` has one character per byte. */
function* fieldsIn(text: string, delimiter: string): Generator<Field> {
  const line = `\r\n${delimiter}`
  let at = text.startsWith(delimiter) ? delimiter.length : afterFirst(text, line)
  while (!text.startsWith("--", at)) {
    const start = partStart(text, at)
    const headersEnd = text.startsWith("\r\n", start) ? start : text.indexOf("\r\n\r\n", start)
    const end = text.indexOf(line, headersEnd)
    if (headersEnd === -1 || end === -1) throw unreadable("it is truncated")
    if (headersEnd - start > maxPartHeaderBytes) throw unreadable("the headers of a part are too large")
    const value = text.slice(headersEnd === start ? start + 2 : headersEnd + 4, end) as ByteString
    const field = fieldOf(text.slice(start, headersEnd), value)
    if (field !== undefined) yield field
    at = end + line.length
  }
}

const afterFirst = (text: string, line: string): number => {
  const found = text.indexOf(line)
  if (found === -1) throw unreadable("its boundary is missing")
  return found + line.length
}

/** The start of a part's headers, after the delimiter that ends at `at`. */
const partStart = (text: string, at: number): number => {
  let end = at
  while (text[end] === " " || text[end] === "\t") end += 1
  if (!text.startsWith("\r\n", end)) throw unreadable("a line break must follow its boundary")
  return end + 2
}

/** Undefined for an unused file input. */
const fieldOf = (headers: string, value: ByteString): Field | undefined => {
  const parameters = parametersOf(headers)
  const name = parameters.get("name")
  if (name === undefined) throw unreadable("a part has no name")
  if (parameters.has("filename") || parameters.has("filename*")) {
    if (value === "" && parameters.get("filename") === "") return undefined
    throw new HttpError("bad-request", "The form contains a file; only fields are supported.")
  }
  if (isBinary(value)) throw unreadable("a field contains binary data")
  return { name: unescaped(name) as ByteString, value }
}

/** The parameters of the part's `Content-Disposition`, by name in lower case. */
const parametersOf = (headers: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  const disposition = headers
    .split("\r\n")
    .find((line) => /^content-disposition:\s*form-data\s*(;|$)/i.test(line))
  if (disposition === undefined) return found
  parameterAt.lastIndex = disposition.indexOf(";")
  if (parameterAt.lastIndex === -1) return found
  for (let match = parameterAt.exec(disposition); match !== null; match = parameterAt.exec(disposition)) {
    const [, name = "", quoted, plain = ""] = match
    if (!found.has(name.toLowerCase())) found.set(name.toLowerCase(), quoted ?? plain)
  }
  return found
}

const parameterAt = /;\s*([\w*-]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s;"]*))\s*/gy

/** Browsers escape a quote and line breaks in a name as `%22`, `%0D` and `%0A`; curl escapes a quote as `\"`. */
const unescaped = (name: string): string =>
  name
    .replace(/%22|\\"/g, '"')
    .replaceAll("%0D", "\r")
    .replaceAll("%0A", "\n")

const unreadable = (why: string): HttpError => new HttpError("bad-request", `Invalid multipart form: ${why}.`)
