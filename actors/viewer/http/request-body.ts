/** Reads the body of a POST request, up to a size limit: JSON that a schema accepts, or a form. Keeps nothing. */
import { Option, Schema } from "effect"
import { type ErrorCode, refuse } from "../../../gateway/http/errors.ts"

/** Size limit of a JSON body, bytes. */
export const maxJsonBodyBytes = 512 * 1024

/** The decoded body, or the error response to send. */
export type RequestBody<A> = { readonly value: A } | { readonly refused: Response }

/**
 * A reader of JSON bodies; `shape` describes the schema in the error message. Unknown fields are rejected: a misspelt
 * filter must not select everything. Never fails.
 *
 * @example
 * const readCommand = jsonBody(Schema.Struct({ counter: Schema.String }), '{"counter": name}')
 * const command = await readCommand(request)
 * if ("refused" in command) return command.refused
 * return json(await reset(command.value.counter))
 */
export const jsonBody = <A>(schema: Schema.Codec<A, unknown>, shape: string) => {
  const decode = Schema.decodeUnknownOption(Schema.fromJsonString(schema), { onExcessProperty: "error" })
  return async (request: Request): Promise<RequestBody<A>> => {
    if (mediaTypeOf(request) !== "application/json") {
      return refused("unsupported-media-type", "Send JSON with the content type application/json.")
    }
    const bytes = await bytesWithin(request, maxJsonBodyBytes)
    if (bytes === undefined) {
      return refused("too-large", `The body exceeds the limit of ${maxJsonBodyBytes} bytes.`)
    }
    const value = Option.flatMap(textIn(bytes), decode)
    return Option.isSome(value)
      ? { value: value.value }
      : refused("bad-request", `Invalid body; expected ${shape}.`)
  }
}

/** Size limit of a form, bytes. */
const maxFormBytes = 16 * 1024

/** Reads a form as a page or `curl -d` sends it. `expected`: the sentence for another content type. Never fails. */
export const formBody = async (
  request: Request,
  expected = "Send a form with the content type application/x-www-form-urlencoded."
): Promise<RequestBody<URLSearchParams>> => {
  if (mediaTypeOf(request) !== "application/x-www-form-urlencoded") {
    return refused("unsupported-media-type", expected)
  }
  const bytes = await bytesWithin(request, maxFormBytes)
  if (bytes === undefined) return refused("too-large", `The form exceeds the limit of ${maxFormBytes} bytes.`)
  const text = textIn(bytes)
  return Option.isSome(text)
    ? { value: new URLSearchParams(text.value) }
    : refused("bad-request", "The form is not valid UTF-8.")
}

const mediaTypeOf = ({ headers }: Request): string | undefined =>
  headers.get("content-type")?.split(";")[0]?.trim().toLowerCase()

const refused = (code: ErrorCode, message: string): { readonly refused: Response } => ({
  refused: refuse(code, message)
})

/** The whole body, counted while it is read; undefined when it exceeds the limit. Rejects when the client disconnects. */
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
