/**
 * The parameters of one event in a body: a JSON object, a form, or plain text that is one of them, as browsers send it
 * from `sendBeacon`. An empty body has none.
 */
import { Buffer } from "node:buffer"
import { type Bytes, bytesOf } from "../../contracts/event.ts"
import { Refusal } from "../refusal.ts"
import { flattened } from "./flatten.ts"
import { JsonObject, NotJson, readJson } from "./json.ts"
import { maxQueryBytes, maxValues } from "./limits.ts"
import { type MediaType, mediaTypeOf, textIn } from "./media-type.ts"

/** The body as a query, by its `Content-Type`. Throws a `Refusal`: 400, 413 or 415. */
export const queryIn = (contentType: string | null, bytes: Uint8Array): Bytes => {
  const { form, charset } = mediaTypeOf(contentType)
  if (isBlank(bytes)) return "" as Bytes
  if (form === "form" || (form === "text" && !isObject(bytes))) return formIn(bytes, charset)
  return queryOf(objectIn(textIn(bytes, charset)))
}

/** The JSON object that a body is. Throws a `Refusal`: 400 or 415. */
export const objectOfBody = (contentType: string | null, bytes: Uint8Array): JsonObject => {
  const { form, charset } = mediaTypeOf(contentType)
  if (form === "form") throw new Refusal("unsupported-media-type", "Send a JSON object.")
  return objectIn(textIn(bytes, charset))
}

/** The query of an object. Throws a `Refusal` (413) when it is too large. */
export const queryOf = (object: JsonObject): Bytes => {
  const query = flattened(object)
  if (query === undefined) throw eventTooLarge()
  return query
}

const objectIn = (text: string): JsonObject => {
  const { value, excess } = jsonIn(text)
  if (excess !== undefined) throw new Refusal("bad-request", excess)
  if (!(value instanceof JsonObject)) throw new Refusal("bad-request", "The body must be a JSON object.")
  return value
}

const jsonIn = (text: string) => {
  try {
    return readJson(text)
  } catch (cause) {
    throw cause instanceof NotJson ? new Refusal("bad-request", cause.message) : cause
  }
}

/** A form is written as a query is, so its bytes stay as they are. */
const formIn = (bytes: Uint8Array, charset: MediaType["charset"]): Bytes => {
  const written = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1").trim()
  const query = charset === "utf-8" ? (written as Bytes) : bytesOf(written)
  if (query.length > maxQueryBytes) throw eventTooLarge()
  if (query.split("&", maxValues + 1).length > maxValues) {
    throw new Refusal("bad-request", `An event may have ${maxValues} values.`)
  }
  return query
}

const isBlank = (bytes: Uint8Array): boolean => bytes.every(isSpace)

/** Does the text begin with a brace? */
const isObject = (bytes: Uint8Array): boolean => {
  const first = bytes.find((byte) => !isSpace(byte) && !isMark(byte))
  return first === 0x7b || first === 0x5b
}

const isSpace = (byte: number): boolean => byte === 32 || (byte >= 9 && byte <= 13)

/** The bytes of a UTF-8 byte order mark. */
const isMark = (byte: number): boolean => byte === 0xef || byte === 0xbb || byte === 0xbf

const eventTooLarge = (): Refusal =>
  new Refusal("too-large", `The parameters of an event may weigh ${maxQueryBytes} bytes.`)
