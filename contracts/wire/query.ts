/** Removes parameters from a query; the bytes of the others stay unchanged. */
import type { ByteString } from "../event.ts"
import { readPair } from "./params.ts"

/** The query without the parameters of these names, in any encoding; the same string when there are none. */
export const withoutParams = (query: ByteString, names: ReadonlySet<string>): ByteString => {
  if (query === "") return query
  const pairs = query.split("&")
  const kept = pairs.filter((pair) => pair === "" || !names.has(readPair(pair as ByteString, true)[0]))
  return kept.length === pairs.length ? query : (kept.join("&") as ByteString)
}

/** The query without the parameter of that name, its members, and the members of that name of other parameters. */
export const withoutMember = (query: ByteString, name: string): ByteString => {
  if (!query.includes(name) && !encodedName.test(query)) return query
  const pairs = query.split("&")
  const kept = pairs.filter((pair) => !isMember(readPair(pair as ByteString, true)[0], name))
  return kept.length === pairs.length ? query : (kept.join("&") as ByteString)
}

/** An encoded name may be any name. */
const encodedName = /(?:^|&)[^=&]*[%+\x80-\xff]/

/** `name`, `name[0]`, `a[name]`, `a[name][b]`. */
const isMember = (written: string, name: string): boolean =>
  written.includes(name) && written.split(/[[\]]/).some((part) => part.trim() === name)
