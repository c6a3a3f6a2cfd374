/** The answers of the viewer that its routes share. */
import { refuse } from "../../gateway/errors.ts"

export const nothing = (): Response => refuse("not-found", "Nothing is here.")

/** JSON of this moment, that nobody keeps. */
export const json = (value: unknown): Response =>
  Response.json(value ?? null, { headers: { "cache-control": "no-store" } })
