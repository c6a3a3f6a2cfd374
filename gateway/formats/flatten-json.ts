/**
 * JSON values as a query: `{"a":{"b":1},"c":["x"]}` is `a[b]=1&c[0]=x`. Names and values are percent-encoded by
 * RFC 3986, so that brackets of ours are the only ones. Decided beyond the contract:
 * - `true` and `false` are written so, a number as it was written, and `null` as an empty value; so are `{}` and `[]`,
 *   because their names must not vanish.
 * - A name that stands twice is written twice, in order, as a query may have it.
 */
import { type ByteString, bytesOf } from "../../contracts/event.ts"
import { encodeValue } from "../../contracts/wire/percent.ts"
import { type Json, JsonNumber, JsonObject } from "../http/body/json.ts"
import { maxQueryBytes } from "../http/body/limits.ts"

const encoded = (text: string): ByteString => encodeValue(bytesOf(text))

/** One parameter: `name=value`, both encoded. */
export const parameter = (name: string, value: string): ByteString =>
  `${encoded(name)}=${encoded(value)}` as ByteString

/** The query of an object; undefined when it weighs more than `maxQueryBytes`. */
export const flattened = ({ pairs }: JsonObject): ByteString | undefined => {
  const written: Array<string> = []
  let size = 0
  // Each pair is counted with the `&` behind it, and the last has none.
  const most = maxQueryBytes + 1

  const write = (name: string, value: Json): void => {
    if (size > most) return
    if (value instanceof JsonObject && value.pairs.length > 0) {
      for (const [key, inner] of value.pairs) write(`${name}[${encoded(key)}]`, inner)
      return
    }
    if (isList(value) && value.length > 0) {
      for (const [index, inner] of value.entries()) write(`${name}[${index}]`, inner)
      return
    }
    const pair = `${name}=${encoded(textOf(value))}`
    size += pair.length + 1
    written.push(pair)
  }

  for (const [name, value] of pairs) write(encoded(name), value)
  return size > most ? undefined : (written.join("&") as ByteString)
}

const isList = (value: Json): value is ReadonlyArray<Json> => Array.isArray(value)

const textOf = (value: Json): string => {
  if (typeof value === "string") return value
  if (value instanceof JsonNumber) return value.text
  return typeof value === "boolean" ? String(value) : ""
}

/** Two queries in a row; either may be empty. */
export const joinedQueries = (first: ByteString, second: ByteString): ByteString =>
  first === "" ? second : second === "" ? first : (`${first}&${second}` as ByteString)
