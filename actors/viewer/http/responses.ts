/** The responses that all routes of the viewer share. Keeps nothing. */
import { refuse } from "../../../gateway/http/errors.ts"

export const notFound = (): Response => refuse("not-found", "Nothing found at this path.")

/** Size limit of a JSON response, characters. Lists are paged; this bounds everything else. */
const maxJsonChars = 16 * 1024 * 1024

/** A JSON response that no cache stores. A value over the size limit is refused. */
export const json = (value: unknown): Response => {
  const text = JSON.stringify(value ?? null)
  return text.length > maxJsonChars
    ? refuse(
        "too-large",
        `The response has ${text.length} characters, over the limit of ${maxJsonChars}. Request a smaller range or limit.`
      )
    : new Response(text, { headers: { "content-type": "application/json", "cache-control": "no-store" } })
}
