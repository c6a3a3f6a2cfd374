/** Taking parameters out of a query without touching the bytes of the others. */
import type { ByteString } from "../event.ts"
import { readPair } from "./params.ts"

/** The query without the parameters of these names, however they are encoded; the same string when there are none. */
export const withoutParams = (query: ByteString, names: ReadonlySet<string>): ByteString => {
  if (query === "") return query
  const pieces = query.split("&")
  const kept = pieces.filter((piece) => piece === "" || !names.has(readPair(piece as ByteString, true)[0]))
  return kept.length === pieces.length ? query : (kept.join("&") as ByteString)
}

/** The query without the parameter of that name, and without all that lies in it or is called so within another. */
export const withoutMember = (query: ByteString, name: string): ByteString => {
  if (!query.includes(name) && !strangeName.test(query)) return query
  const pieces = query.split("&")
  const kept = pieces.filter((piece) => !isMember(readPair(piece as ByteString, true)[0], name))
  return kept.length === pieces.length ? query : (kept.join("&") as ByteString)
}

/** A name that is not written plainly may be any name. */
const strangeName = /(?:^|&)[^=&]*[%+\x80-\xff]/

/** `name`, `name[0]`, `a[name]`, `a[name][b]`. */
const isMember = (written: string, name: string): boolean =>
  written.includes(name) && written.split(/[[\]]/).some((part) => part.trim() === name)
