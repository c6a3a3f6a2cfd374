/** Parses the Content-Type of a body, and decodes its text. */
import { byteStringOf } from "../../../contracts/byte-string.ts"
import { HttpError } from "../errors.ts"

/**
 * How the text of a body is parsed. `text` and `form` are unreliable: browsers send any content as text, and curl and many
 * libraries label any content as a form.
 */
export type BodyForm = "json" | "lines" | "form" | "multipart" | "text"

export interface MediaType {
  readonly form: BodyForm
  /** Lower case. */
  readonly charset: "utf-8" | "iso-8859-1"
  /** The boundary between the parts of a multipart form. */
  readonly boundary?: string
}

const forms: Readonly<Record<string, BodyForm>> = {
  "": "text",
  "text/plain": "text",
  "application/json": "json",
  "text/json": "json",
  "application/x-ndjson": "lines",
  "application/ndjson": "lines",
  "application/jsonl": "lines",
  "application/x-www-form-urlencoded": "form",
  "multipart/form-data": "multipart"
}

const charsets: Readonly<Record<string, MediaType["charset"]>> = {
  "": "utf-8",
  "utf-8": "utf-8",
  utf8: "utf-8",
  "us-ascii": "utf-8",
  "iso-8859-1": "iso-8859-1",
  latin1: "iso-8859-1"
}

/** The most common case, without parsing. */
const json: MediaType = { form: "json", charset: "utf-8" }

/**
 * Parses a `Content-Type` header. Throws an `HttpError`: 415 for an unsupported type or charset, 400 for a multipart form
 * without a boundary.
 */
export const mediaTypeOf = (header: string | null): MediaType => {
  if (header === "application/json") return json
  const [written = "", ...parameters] = (header ?? "").toLowerCase().split(";")
  const type = written.trim()
  const form = Object.hasOwn(forms, type) ? forms[type] : type.endsWith("+json") ? "json" : undefined
  if (form === undefined) {
    throw new HttpError(
      "unsupported-media-type",
      "Send application/json, application/x-ndjson, application/x-www-form-urlencoded, multipart/form-data or text/plain.",
      {
        accept:
          "application/json, application/x-ndjson, application/x-www-form-urlencoded, multipart/form-data, text/plain"
      }
    )
  }
  if (form === "multipart") return { form, charset: "utf-8", boundary: boundaryIn(header ?? "") }
  const name = charsetIn(parameters)
  const charset = Object.hasOwn(charsets, name) ? charsets[name] : undefined
  if (charset === undefined) {
    throw new HttpError("unsupported-media-type", "Send the body in UTF-8 or ISO-8859-1.")
  }
  return { form, charset }
}

const boundaryIn = (header: string): string => {
  const [, quoted, plain] =
    /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70})(?=\s*(?:;|$)))/i.exec(header) ?? []
  const boundary = quoted ?? plain
  if (boundary !== undefined) return boundary
  throw new HttpError("bad-request", "The Content-Type of a multipart form must have a boundary.")
}

const charsetIn = (parameters: ReadonlyArray<string>): string =>
  parameters
    .map((parameter) => parameter.trim())
    .find((parameter) => parameter.startsWith("charset="))
    ?.slice("charset=".length)
    .replaceAll('"', "") ?? ""

const utf8 = new TextDecoder("utf-8", { fatal: true })

/** The text of a body. Throws an `HttpError` (400) for bytes that are invalid in that charset. */
export const textIn = (bytes: Uint8Array, charset: MediaType["charset"]): string => {
  const text = charset === "iso-8859-1" ? byteStringOf(bytes) : utf8In(bytes)
  if (text === undefined) throw notUtf8()
  return text
}

/** The text of UTF-8 bytes without a byte order mark; undefined for invalid UTF-8. */
export const utf8In = (bytes: Uint8Array): string | undefined => {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

/** The bytes without a leading UTF-8 byte order mark. */
export const withoutMark = (bytes: Uint8Array): Uint8Array =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes

export const notUtf8 = (): HttpError => new HttpError("bad-request", "The body is not valid UTF-8.")
