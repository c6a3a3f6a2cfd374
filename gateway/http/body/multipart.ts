/**
 * Multipart forms (RFC 7578), as `sendBeacon(FormData)` sends them: their fields as a query. Files are refused. Keeps no
 * state; what it reads is bounded by the body's own limits.
 */
import { byteStringOf } from "../../../contracts/byte-string.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { encodeValue } from "../../../contracts/wire/percent.ts"
import { Refusal } from "../errors.ts"
import { isBinary } from "./binary.ts"
import { eventTooLarge, maxQueryBytes, maxValues, tooManyValues } from "./limits.ts"

/** What the headers of one part may weigh, in bytes. */
const maxPartHeaders = 4_096

/**
 * One parameter per field, in order, percent-encoded. An empty file is a file input that was not used, and left out.
 * Throws a `Refusal`: 400 for a file or a form that cannot be read, 413 for fields that weigh too much.
 */
export const multipartQuery = (bytes: Uint8Array, boundary: string): ByteString => {
  const pairs: Array<string> = []
  let size = 0
  for (const { name, value } of fieldsIn(byteStringOf(bytes), `--${boundary}`)) {
    const pair = `${encodeValue(name)}=${encodeValue(value)}`
    size += pair.length + 1
    if (size > maxQueryBytes + 1) throw eventTooLarge()
    if (pairs.length === maxValues) throw tooManyValues()
    pairs.push(pair)
  }
  return pairs.join("&") as ByteString
}

interface Field {
  readonly name: ByteString
  readonly value: ByteString
}

/** The fields of a form; `text` has one character per byte. */
function* fieldsIn(text: string, delimiter: string): Generator<Field> {
  const line = `\r\n${delimiter}`
  let at = text.startsWith(delimiter) ? delimiter.length : afterFirst(text, line)
  while (!text.startsWith("--", at)) {
    const start = partStart(text, at)
    const headersEnd = text.startsWith("\r\n", start) ? start : text.indexOf("\r\n\r\n", start)
    const end = text.indexOf(line, headersEnd)
    if (headersEnd === -1 || end === -1) throw unreadable("it breaks off")
    if (headersEnd - start > maxPartHeaders) throw unreadable("the headers of a part are too long")
    const value = text.slice(headersEnd === start ? start + 2 : headersEnd + 4, end) as ByteString
    const field = fieldOf(text.slice(start, headersEnd), value)
    if (field !== undefined) yield field
    at = end + line.length
  }
}

const afterFirst = (text: string, line: string): number => {
  const found = text.indexOf(line)
  if (found === -1) throw unreadable("its boundary is not in it")
  return found + line.length
}

/** Where the headers of a part begin, behind the delimiter that ends at `at`. */
const partStart = (text: string, at: number): number => {
  let end = at
  while (text[end] === " " || text[end] === "\t") end += 1
  if (!text.startsWith("\r\n", end)) throw unreadable("a line is expected to end behind its boundary")
  return end + 2
}

/** Undefined for a file input that was not used. */
const fieldOf = (headers: string, value: ByteString): Field | undefined => {
  const parameters = parametersOf(headers)
  const name = parameters.get("name")
  if (name === undefined) throw unreadable("a part has no name")
  if (parameters.has("filename") || parameters.has("filename*")) {
    if (value === "" && parameters.get("filename") === "") return undefined
    throw new Refusal("bad-request", "A form may have fields, but no files.")
  }
  if (isBinary(value)) throw unreadable("a field holds binary data")
  return { name: unescaped(name) as ByteString, value }
}

/** The parameters of the part's `Content-Disposition`, by their names in lower case. */
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

/** Browsers write a quote and a line end in a name as `%22`, `%0D` and `%0A`, curl a quote as `\"`. */
const unescaped = (name: string): string =>
  name
    .replace(/%22|\\"/g, '"')
    .replaceAll("%0D", "\r")
    .replaceAll("%0A", "\n")

const unreadable = (why: string): Refusal =>
  new Refusal("bad-request", `The multipart form cannot be read: ${why}.`)
