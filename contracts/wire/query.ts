/** Removes parameters from a query; the bytes of the others stay unchanged. */
import type { ByteString } from "../event.ts"
import { readPair } from "./params.ts"

/** The query without the parameters of these names, in any encoding; the same string when it has none of them. */
export const withoutParams = (query: ByteString, names: ReadonlySet<string>): ByteString => {
  return query === "" ? query : withoutMatching(query, (name) => names.has(name))
}

/** The query without the parameters whose decoded names match; the same string when it has none of them. */
export const withoutMatching = (query: ByteString, matches: (name: string) => boolean): ByteString => {
  const pairs = query.split("&")
  const kept = pairs.filter((pair) => pair === "" || !matches(readPair(pair as ByteString, true)[0]))
  return kept.length === pairs.length ? query : (kept.join("&") as ByteString)
}

/** The query without the parameter of that name (also `name[0]`) and without members of that name (`a[name]`). */
export const withoutMember = (query: ByteString, name: string): ByteString => {
  if (!query.includes(name) && !encodedName.test(query)) return query
  const pairs = query.split("&")
  const kept = pairs.filter((pair) => !isMember(readPair(pair as ByteString, true)[0], name))
  return kept.length === pairs.length ? query : (kept.join("&") as ByteString)
}

/** Matches a query with an encoded parameter name, which must be decoded before it is compared. */
const encodedName = /(?:^|&)[^=&]*[%+\x80-\xff]/

/** True for `name`, `name[0]`, `a[name]` and `a[name][b]`. */
const isMember = (written: string, name: string): boolean =>
  written.includes(name) && written.split(/[[\]]/).some((part) => part.trim() === name)
