/** The parameters of an event, read from its query. Names and values are anyone's: pairs in order, never an object. */
import type { ByteString } from "../event.ts"
import { decodeValue } from "./percent.ts"

/** A name and its value, both decoded. The value is empty where the query has none. */
export type Param = readonly [name: string, value: string]

/** All parameters in the order of the query, repeated names too. `e` and `p` alone stand for an empty query. */
export const parseParams = (query: ByteString): ReadonlyArray<Param> => {
  if (isEmptyQuery(query)) return []
  const params: Array<Param> = []
  for (const piece of query.split("&")) if (piece !== "") params.push(readPair(piece as ByteString, true))
  return params
}

/** The value of the first parameter with that name, decoded; undefined when there is none. */
export const paramValue = (query: ByteString, name: string): string | undefined => {
  let first: string | undefined
  findPair(query, name, (key, value) => {
    if (key !== name) return false
    first = value
    return true
  })
  return first
}

/** The values of all parameters with that name or that name as a list (`name[]`, `name[0]`), decoded, in order. */
export const paramValues = (query: ByteString, name: string): ReadonlyArray<string> => {
  const values: Array<string> = []
  findPair(query, name, (key, value) => {
    if (key === name || (key.startsWith(name) && /^\[\d*\]$/.test(key.slice(name.length)))) values.push(value)
    return false
  })
  return values
}

/** Shows each pair whose name may begin so, decoded, until `isEnough`. Names that are written plainly cost nothing else. */
const findPair = (
  query: ByteString,
  name: string,
  isEnough: (key: string, value: string) => boolean
): void => {
  if (isEmptyQuery(query) || (!query.includes(name) && !strangeName.test(query))) return
  for (let start = 0; start <= query.length; ) {
    const found = query.indexOf("&", start)
    const end = found === -1 ? query.length : found
    if (end > start && (query.startsWith(name, start) || isStrange(query, start))) {
      const [key, value] = readPair(query.slice(start, end) as ByteString, true)
      if (isEnough(key, value)) return
    }
    start = end + 1
  }
}

/** `name=value` taken apart and decoded; with `plusIsSpace`, `+` is a space. */
export const readPair = (piece: ByteString, plusIsSpace: boolean): Param => {
  const equals = piece.indexOf("=")
  if (equals === -1) return [decodeValue(piece, plusIsSpace), ""]
  return [
    decodeValue(piece.slice(0, equals) as ByteString, plusIsSpace),
    decodeValue(piece.slice(equals + 1) as ByteString, plusIsSpace)
  ]
}

const isEmptyQuery = (query: ByteString): boolean => query === "" || query === "e" || query === "p"

/** Only a name that is written plainly can be told from another without decoding it. */
const strangeName = /(?:^|&)[^=&]*[%+\x80-\xff]/
const strangeHere = /[^=&]*[%+\x80-\xff]/y

/** Is the name that begins there not written plainly? */
const isStrange = (query: ByteString, start: number): boolean => {
  strangeHere.lastIndex = start
  return strangeHere.test(query)
}
