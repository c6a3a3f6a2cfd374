/** The parameters in an event's query: ordered pairs, never an object, because clients choose the names. */
import type { ByteString } from "../event.ts"
import { decodeValue } from "./percent.ts"

/** A decoded name and value. The value is empty where the query has none. */
export type Param = readonly [name: string, value: string]

/** All parameters in the order of the query, with repeated names. `e` and `p` alone stand for an empty query. */
export const parseParams = (query: ByteString): ReadonlyArray<Param> => {
  if (isEmptyQuery(query)) return []
  const params: Array<Param> = []
  for (const pair of query.split("&")) if (pair !== "") params.push(readPair(pair as ByteString, true))
  return params
}

/** The value of the first parameter with that name, decoded; undefined when it is absent. */
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

/** Calls `isEnough` with each decoded pair whose name may match, until it returns true; unencoded names are compared first. */
const findPair = (
  query: ByteString,
  name: string,
  isEnough: (key: string, value: string) => boolean
): void => {
  if (isEmptyQuery(query) || (!query.includes(name) && !encodedName.test(query))) return
  for (let start = 0; start <= query.length; ) {
    const found = query.indexOf("&", start)
    const end = found === -1 ? query.length : found
    if (end > start && (query.startsWith(name, start) || isEncoded(query, start))) {
      const [key, value] = readPair(query.slice(start, end) as ByteString, true)
      if (isEnough(key, value)) return
    }
    start = end + 1
  }
}

/** Splits and decodes `name=value`; with `plusIsSpace`, `+` is a space. */
export const readPair = (pair: ByteString, plusIsSpace: boolean): Param => {
  const equals = pair.indexOf("=")
  if (equals === -1) return [decodeValue(pair, plusIsSpace), ""]
  return [
    decodeValue(pair.slice(0, equals) as ByteString, plusIsSpace),
    decodeValue(pair.slice(equals + 1) as ByteString, plusIsSpace)
  ]
}

const isEmptyQuery = (query: ByteString): boolean => query === "" || query === "e" || query === "p"

/** A name can be compared without decoding only when it is not encoded. */
const encodedName = /(?:^|&)[^=&]*[%+\x80-\xff]/
const encodedHere = /[^=&]*[%+\x80-\xff]/y

/** True when the name at that position is encoded. */
const isEncoded = (query: ByteString, start: number): boolean => {
  encodedHere.lastIndex = start
  return encodedHere.test(query)
}
