/** What is sent with a POST, of a bounded size: JSON that follows a schema, or a form. */
import { Option, Schema } from "effect"
import { type ErrorCode, refuse } from "../../../gateway/http/errors.ts"

/** What the body of a POST may weigh, in bytes. */
export const maxPostedBytes = 512 * 1024

/** What was sent, or the answer that says what is wrong with it. */
export type Posted<A> = { readonly value: A } | { readonly refused: Response }

/**
 * A reader of bodies of that shape; `shape` says in words what it is. A name that is not in the schema is refused too:
 * a misspelt filter must not choose everything. Never fails.
 */
export const posted = <A>(schema: Schema.Codec<A, unknown>, shape: string) => {
  const decode = Schema.decodeUnknownOption(Schema.fromJsonString(schema), { onExcessProperty: "error" })
  return async (request: Request): Promise<Posted<A>> => {
    const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase()
    if (type !== "application/json") {
      return no("unsupported-media-type", "Send JSON, with the content type application/json.")
    }
    const bytes = await bytesWithin(request, maxPostedBytes)
    if (bytes === undefined) return no("too-large", `The body may weigh ${maxPostedBytes} bytes.`)
    const value = Option.flatMap(textIn(bytes), decode)
    return Option.isSome(value) ? { value: value.value } : no("bad-request", `The body is not ${shape}.`)
  }
}

/** What a form may weigh, in bytes. */
const maxFormBytes = 16 * 1024

/** Reads a form that a page or `curl -d` sends. Never fails. */
export const postedForm = async (request: Request): Promise<Posted<URLSearchParams>> => {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase()
  if (type !== "application/x-www-form-urlencoded") {
    return no(
      "unsupported-media-type",
      "Send a form, with the content type application/x-www-form-urlencoded."
    )
  }
  const bytes = await bytesWithin(request, maxFormBytes)
  if (bytes === undefined) return no("too-large", `The form may weigh ${maxFormBytes} bytes.`)
  const text = textIn(bytes)
  return Option.isSome(text)
    ? { value: new URLSearchParams(text.value) }
    : no("bad-request", "The form is not UTF-8.")
}

const no = (code: ErrorCode, sentence: string): { readonly refused: Response } => ({
  refused: refuse(code, sentence)
})

/** The body, counted as it comes; undefined when it is larger. Fails when the client breaks off. */
const bytesWithin = async (request: Request, limit: number): Promise<Uint8Array | undefined> => {
  if (Number(request.headers.get("content-length") ?? 0) > limit) return undefined
  if (request.body === null) return new Uint8Array(0)
  const chunks: Array<Uint8Array> = []
  let size = 0
  for await (const chunk of request.body) {
    size += chunk.byteLength
    if (size > limit) return undefined
    chunks.push(chunk)
  }
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}

const decoder = new TextDecoder("utf-8", { fatal: true })

const textIn = (bytes: Uint8Array): Option.Option<string> => {
  try {
    return Option.some(decoder.decode(bytes))
  } catch {
    return Option.none()
  }
}
