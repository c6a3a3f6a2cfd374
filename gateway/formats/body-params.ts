/**
 * The parameters of one event in a body: a JSON object, a form, or plain text that is one of them, as browsers send it
 * from `sendBeacon`. An empty body has none.
 */
import { byteStringOf } from "../../contracts/byte-string.ts"
import { type ByteString, bytesOf } from "../../contracts/event.ts"
import { isBinary } from "../http/body/binary.ts"
import { type Bounded, JsonObject, NotJson, readJson } from "../http/body/json.ts"
import { eventTooLarge, maxQueryBytes, maxValues, tooManyValues } from "../http/body/limits.ts"
import { type MediaType, mediaTypeOf, textIn, utf8In, withoutMark } from "../http/body/media-type.ts"
import { multipartQuery } from "../http/body/multipart.ts"
import { Refusal } from "../http/errors.ts"
import { flattened } from "./flatten-json.ts"

/** The body as a query, by its `Content-Type`. Throws a `Refusal`: 400, 413 or 415. */
export const queryIn = (contentType: string | null, body: Uint8Array): ByteString => {
  const { form, charset, boundary } = mediaTypeOf(contentType)
  const bytes = charset === "utf-8" ? withoutMark(body) : body
  if (isBlank(bytes)) return "" as ByteString
  if (boundary !== undefined) return multipartQuery(bytes, boundary)
  switch (form) {
    case "form":
      return mayBeJson(bytes) ? jsonOrForm(bytes, charset) : formIn(bytes, charset)
    case "text":
      return mayBeJson(bytes) ? queryOf(objectIn(textIn(bytes, charset))) : formIn(bytes, charset)
    default:
      return queryOf(objectIn(textIn(bytes, charset)))
  }
}

/** The JSON object that a body is, also one that is called a form. Throws a `Refusal`: 400 or 415. */
export const objectOfBody = (contentType: string | null, bytes: Uint8Array): JsonObject => {
  const { form, charset } = mediaTypeOf(contentType)
  if (isForm(form, bytes)) throw new Refusal("unsupported-media-type", "Send a JSON object.")
  return objectIn(textIn(bytes, charset))
}

/** Is a body of that type a form, and not JSON that is only called one? */
export const isForm = (form: MediaType["form"], bytes: Uint8Array): boolean =>
  form === "multipart" || (form === "form" && !mayBeJson(withoutMark(bytes)))

/** The query of an object. Throws a `Refusal` (413) when it is too large. */
export const queryOf = (object: JsonObject): ByteString => {
  const query = flattened(object)
  if (query === undefined) throw eventTooLarge()
  return query
}

const objectIn = (text: string): JsonObject => {
  const json = jsonIn(text)
  if (json instanceof NotJson) throw new Refusal("bad-request", json.message)
  return objectOf(json)
}

const objectOf = ({ value, excess }: Bounded): JsonObject => {
  if (excess !== undefined) throw new Refusal("bad-request", excess)
  if (!(value instanceof JsonObject)) throw new Refusal("bad-request", "The body must be a JSON object.")
  return value
}

const jsonIn = (text: string): Bounded | NotJson => {
  try {
    return readJson(text)
  } catch (cause) {
    if (cause instanceof NotJson) return cause
    throw cause
  }
}

/** A form whose first name begins with a bracket, unless it is JSON, or begins as nothing but JSON does. */
const jsonOrForm = (bytes: Uint8Array, charset: MediaType["charset"]): ByteString => {
  const isMeant = /^\s*(\{\s*"|\[\s*[{["])/.test(byteStringOf(bytes))
  const text = isMeant || charset !== "utf-8" ? textIn(bytes, charset) : utf8In(bytes)
  if (text === undefined) return formIn(bytes, charset)
  const json = jsonIn(text)
  if (!(json instanceof NotJson)) return queryOf(objectOf(json))
  if (isMeant) throw new Refusal("bad-request", json.message)
  return formIn(bytes, charset)
}

/** A form is written as a query is, so its bytes stay as they are. */
const formIn = (bytes: Uint8Array, charset: MediaType["charset"]): ByteString => {
  const written = byteStringOf(trimmed(bytes))
  if (!isFormText(written, bytes, charset)) throw binary()
  const query = charset === "utf-8" ? written : bytesOf(written)
  if (query.length > maxQueryBytes) throw eventTooLarge()
  if (query.split("&", maxValues + 1).length > maxValues) throw tooManyValues()
  return query
}

/**
 * Is it a form, and nothing binary? What begins with a plain name and `=` is one, whatever bytes its values have: old
 * clients write them as they are, and in ISO-8859-1 without saying so.
 */
const isFormText = (written: ByteString, bytes: Uint8Array, charset: MediaType["charset"]): boolean => {
  if (/^[ -~]*=/.test(written)) return true
  return !isBinary(written) && (charset !== "utf-8" || written.includes("=") || utf8In(bytes) !== undefined)
}

/** Without white space around it. NOTE: `trim` of a string also takes a last byte A0, the end of a character like à. */
const trimmed = (bytes: Uint8Array): Uint8Array => {
  const start = bytes.findIndex((byte) => !isSpace(byte))
  return bytes.subarray(start, 1 + bytes.findLastIndex((byte) => !isSpace(byte)))
}

const isBlank = (bytes: Uint8Array): boolean => bytes.every(isSpace)

/** Does the text begin with a brace or a bracket? */
const mayBeJson = (bytes: Uint8Array): boolean => {
  const first = bytes.find((byte) => !isSpace(byte))
  return first === 0x7b || first === 0x5b
}

const isSpace = (byte: number): boolean => byte === 32 || (byte >= 9 && byte <= 13)

const binary = (): Refusal =>
  new Refusal(
    "bad-request",
    "The body is binary, neither a form nor JSON. Send compressed bytes with Content-Encoding."
  )
