/** Reads a campaign link from the body of a request and validates it by its schema; errors name the field. */
import { Schema } from "effect"
import { newLink, platforms, reservedParamNames } from "../../contracts/campaign-link.ts"
import { isForm } from "../formats/body-params.ts"
import { mediaTypeOf, textIn } from "../http/body/media-type.ts"
import { HttpError } from "../http/errors.ts"

/** A link with an optional id. */
export type SentLink = ReturnType<typeof newLink>["Type"]

/** Reads a body with that `Content-Type`. Throws an `HttpError`: 400 or 415. */
export type ReadLink = (contentType: string | null, bytes: Uint8Array) => SentLink

/** `schemes` are the URL schemes that targets may have. */
export const linkReader = (schemes: ReadonlySet<string>): ReadLink => {
  const { validate } = Schema.toStandardSchemaV1(newLink(schemes), {
    parseOptions: { onExcessProperty: "error" }
  })["~standard"]

  return (contentType, bytes) => {
    const { form, charset } = mediaTypeOf(contentType)
    if (form === "lines" || isForm(form, bytes)) {
      throw new HttpError("unsupported-media-type", "Send a link as JSON.", { accept: "application/json" })
    }
    const result = validate(parsed(textIn(bytes, charset)))
    if (result instanceof Promise)
      throw new HttpError("unavailable", "The link could not be checked; try again.")
    if (result.issues === undefined) return result.value
    const [issue] = result.issues
    throw new HttpError("bad-request", sentenceOf(issue?.path?.map(keyOf) ?? [], issue?.message ?? ""))
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new HttpError("bad-request", "The body is not valid JSON.")
  }
}

const keyOf = (part: PropertyKey | { readonly key: PropertyKey }): string =>
  String(typeof part === "object" ? part.key : part)

const excess = "Expected no excess property"

const sentenceOf = (path: ReadonlyArray<string>, message: string): string => {
  const [first = ""] = path
  if (path.length === 0) return message === "Expected object" ? "A link must be a JSON object." : message
  const field = path.join(".")
  if (message !== excess) return `${field}: ${/[.!?]$/.test(message) ? message : `${message}.`}`
  if (first === "urls") return `${field}: The platforms are ${platforms.join(", ")}.`
  if (first === "params") return `${field}: ${paramNames}`
  return `${field}: Unknown field.`
}

const paramNames = `A parameter's name must be a letter followed by up to 63 letters, digits, _, . or -, and none of ${[...reservedParamNames].join(", ")}.`
