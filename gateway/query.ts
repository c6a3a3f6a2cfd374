/** Taking parameters out of a query without touching the bytes of the others. */
import type { Bytes } from "../contracts/event.ts"
import { readPair } from "../contracts/wire/params.ts"

/** The query without the parameters of these names, however they are encoded; the same string when there are none. */
export const withoutParams = (query: Bytes, names: ReadonlySet<string>): Bytes => {
  if (query === "") return query
  const pieces = query.split("&")
  const kept = pieces.filter((piece) => piece === "" || !names.has(readPair(piece as Bytes, true)[0]))
  return kept.length === pieces.length ? query : (kept.join("&") as Bytes)
}
