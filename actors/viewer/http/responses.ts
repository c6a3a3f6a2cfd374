/** The answers of the viewer that its routes share. */
import { refuse } from "../../../gateway/http/errors.ts"

export const nothing = (): Response => refuse("not-found", "Nothing is here.")

/** No JSON answer is larger, in characters: lists have pages, and this is the end of those that have none. */
const longestAnswer = 16 * 1024 * 1024

/** JSON of this moment, that nobody keeps. What would be larger than any answer may be is refused. */
export const json = (value: unknown): Response => {
  const text = JSON.stringify(value ?? null)
  return text.length > longestAnswer
    ? refuse(
        "too-large",
        `The answer would have ${text.length} characters, over ${longestAnswer}. Ask for less.`
      )
    : new Response(text, { headers: { "content-type": "application/json", "cache-control": "no-store" } })
}
