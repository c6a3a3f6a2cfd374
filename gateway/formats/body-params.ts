/**
 * Reads the parameters of one event from a body: a JSON object, a form, or either labelled as plain text, as `sendBeacon`
 * sends it. An empty body has no parameters.
 */
import { byteStringOf } from "../../contracts/byte-string.ts"
import { type ByteString, bytesOf } from "../../contracts/event.ts"
import { isBinary } from "../http/body/binary.ts"
import { type Bounded, InvalidJson, JsonObject, maxValues, readJson } from "../http/body/json.ts"
import { type MediaType, mediaTypeOf, textIn, utf8In, withoutMark } from "../http/body/media-type.ts"
import { multipartQuery } from "../http/body/multipart.ts"
import { HttpError } from "../http/errors.ts"
import { flattened } from "./flatten-json.ts"
import { eventTooLarge, maxQueryBytes } from "./limits.ts"

const formLimits = { maxFields: maxValues, maxQueryBytes }

/** The body as a query, by its `Content-Type`. Throws an `HttpError`: 400, 413 or 415. */
export const queryIn = (contentType: string | null, body: Uint8Array): ByteString => {
  const { form, charset, boundary } = mediaTypeOf(contentType)
  const bytes = charset === "utf-8" ? withoutMark(body) : body
  if (isBlank(bytes)) return "" as ByteString
  if (boundary !== undefined) return multipartQuery(bytes, boundary, formLimits)
  switch (form) {
    case "form":
      return mayBeJson(bytes) ? jsonOrForm(bytes, charset) : formIn(bytes, charset)
    case "text":
      return mayBeJson(bytes) ? queryOf(objectIn(textIn(bytes, charset))) : formIn(bytes, charset)
    default:
      return queryOf(objectIn(textIn(bytes, charset)))
  }
}

/** The JSON object of a body, also when it is labelled as a form. Throws an `HttpError`: 400 or 415. */
export const objectOfBody = (contentType: string | null, bytes: Uint8Array): JsonObject => {
  const { form, charset } = mediaTypeOf(contentType)
  if (isForm(form, bytes)) throw new HttpError("unsupported-media-type", "Send a JSON object.")
  return objectIn(textIn(bytes, charset))
}

/** Whether a body of that type is a form, and not JSON labelled as a form. */
export const isForm = (form: MediaType["form"], bytes: Uint8Array): boolean =>
  form === "multipart" || (form === "form" && !mayBeJson(withoutMark(bytes)))

/** The query of an object. Throws an `HttpError` (413) when it is too large. */
export const queryOf = (object: JsonObject): ByteString => {
  const query = flattened(object)
  if (query === undefined) throw eventTooLarge()
  return query
}

const objectIn = (text: string): JsonObject => {
  const json = jsonIn(text)
  if (json instanceof InvalidJson) throw new HttpError("bad-request", json.message)
  return objectOf(json)
}

const objectOf = ({ value, excess }: Bounded): JsonObject => {
  if (excess !== undefined) throw new HttpError("bad-request", excess)
  if (!(value instanceof JsonObject)) throw new HttpError("bad-request", "The body must be a JSON object.")
  return value
}

const jsonIn = (text: string): Bounded | InvalidJson => {
  try {
    return readJson(text)
  } catch (cause) {
    if (cause instanceof InvalidJson) return cause
    throw cause
  }
}

/** A body labelled as a form that begins with a bracket: JSON if it parses or clearly begins as JSON, otherwise a form. */
const jsonOrForm = (bytes: Uint8Array, charset: MediaType["charset"]): ByteString => {
  const looksLikeJson = /^\s*(\{\s*"|\[\s*[{["])/.test(byteStringOf(bytes))
  const text = looksLikeJson || charset !== "utf-8" ? textIn(bytes, charset) : utf8In(bytes)
  if (text === undefined) return formIn(bytes, charset)
  const json = jsonIn(text)
  if (!(json instanceof InvalidJson)) return queryOf(objectOf(json))
  if (looksLikeJson) throw new HttpError("bad-request", json.message)
  return formIn(bytes, charset)
}

/** A form has the syntax of a query, so its bytes stay unchanged. */
const formIn = (bytes: Uint8Array, charset: MediaType["charset"]): ByteString => {
  const written = byteStringOf(trimmed(bytes))
  if (!isFormText(written, bytes, charset)) throw binary()
  const query = charset === "utf-8" ? written : bytesOf(written)
  if (query.length > maxQueryBytes) throw eventTooLarge()
  if (query.split("&", maxValues + 1).length > maxValues) {
    throw new HttpError("bad-request", `The form has more than ${maxValues} fields.`)
  }
  return query
}

/**
 * Whether it is a form, and not binary data. A body that begins with an ASCII name and `=` is a form, whatever bytes its
 * values have: old clients do not encode them, and use ISO-8859-1 without declaring it.
 */
const isFormText = (written: ByteString, bytes: Uint8Array, charset: MediaType["charset"]): boolean => {
  if (/^[ -~]*=/.test(written)) return true
  return !isBinary(written) && (charset !== "utf-8" || written.includes("=") || utf8In(bytes) !== undefined)
}

/** Trims white space. NOTE: `trim` of a string would also remove a last byte A0, the end of a character like à. */
const trimmed = (bytes: Uint8Array): Uint8Array => {
  const start = bytes.findIndex((byte) => !isSpace(byte))
  return bytes.subarray(start, 1 + bytes.findLastIndex((byte) => !isSpace(byte)))
}

const isBlank = (bytes: Uint8Array): boolean => bytes.every(isSpace)

/** Whether the text begins with a brace or a bracket. */
const mayBeJson = (bytes: Uint8Array): boolean => {
  const first = bytes.find((byte) => !isSpace(byte))
  return first === 0x7b || first === 0x5b
}

const isSpace = (byte: number): boolean => byte === 32 || (byte >= 9 && byte <= 13)

const binary = (): HttpError =>
  new HttpError(
    "bad-request",
    "The body is binary data, not a form or JSON. Send compressed data with Content-Encoding."
  )
