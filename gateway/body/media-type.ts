/** What a body says it is, and its text. */
import { Buffer } from "node:buffer"
import { Refusal } from "../refusal.ts"

/** How the text of a body is to be read. `text` says nothing of what it is: browsers send anything so. */
export type BodyForm = "json" | "lines" | "form" | "text"

export interface MediaType {
  readonly form: BodyForm
  /** Lower case. */
  readonly charset: "utf-8" | "iso-8859-1"
}

const forms: Readonly<Record<string, BodyForm>> = {
  "": "text",
  "text/plain": "text",
  "application/json": "json",
  "text/json": "json",
  "application/x-ndjson": "lines",
  "application/ndjson": "lines",
  "application/jsonl": "lines",
  "application/x-www-form-urlencoded": "form"
}

const charsets: Readonly<Record<string, MediaType["charset"]>> = {
  "": "utf-8",
  "utf-8": "utf-8",
  utf8: "utf-8",
  "us-ascii": "utf-8",
  "iso-8859-1": "iso-8859-1",
  latin1: "iso-8859-1"
}

/** What most clients write. */
const json: MediaType = { form: "json", charset: "utf-8" }

/** Reads a `Content-Type` header. Throws a `Refusal` (415) for a type or charset that is not read here. */
export const mediaTypeOf = (header: string | null): MediaType => {
  if (header === "application/json") return json
  const [written = "", ...parameters] = (header ?? "").toLowerCase().split(";")
  const type = written.trim()
  const form = Object.hasOwn(forms, type) ? forms[type] : type.endsWith("+json") ? "json" : undefined
  if (form === undefined) {
    throw new Refusal(
      "unsupported-media-type",
      "Send application/json, application/x-ndjson, application/x-www-form-urlencoded or text/plain.",
      { accept: "application/json, application/x-ndjson, application/x-www-form-urlencoded, text/plain" }
    )
  }
  const name = charsetIn(parameters)
  const charset = Object.hasOwn(charsets, name) ? charsets[name] : undefined
  if (charset === undefined) {
    throw new Refusal("unsupported-media-type", "Send the body in UTF-8 or ISO-8859-1.")
  }
  return { form, charset }
}

const charsetIn = (parameters: ReadonlyArray<string>): string =>
  parameters
    .map((parameter) => parameter.trim())
    .find((parameter) => parameter.startsWith("charset="))
    ?.slice("charset=".length)
    .replaceAll('"', "") ?? ""

const utf8 = new TextDecoder("utf-8", { fatal: true })

/** The text of a body. Throws a `Refusal` (400) for bytes that are no text in that charset. */
export const textIn = (bytes: Uint8Array, charset: MediaType["charset"]): string => {
  if (charset === "iso-8859-1") return Buffer.from(bytes).toString("latin1")
  try {
    return utf8.decode(bytes)
  } catch {
    throw new Refusal("bad-request", "The body is not UTF-8.")
  }
}
