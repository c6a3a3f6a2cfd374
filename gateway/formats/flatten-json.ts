/**
 * Flattens JSON values to a query: `{"a":{"b":1},"c":["x"]}` becomes `a[b]=1&c[0]=x`. Names and values are
 * percent-encoded by RFC 3986, so that only our own brackets are literal. Beyond the contract:
 * - `true` and `false` are written as such, a number with its original digits, and `null`, `{}` and `[]` as an empty
 *   value, so that their names are kept.
 * - A duplicate name is written twice, in order, as queries allow.
 */
import { type ByteString, bytesOf } from "../../contracts/event.ts"
import { encodeValue } from "../../contracts/wire/percent.ts"
import { type Json, JsonNumber, JsonObject } from "../http/body/json.ts"
import { maxQueryBytes } from "./limits.ts"

const encoded = (text: string): ByteString => encodeValue(bytesOf(text))

/** One parameter: `name=value`, both encoded. */
export const parameter = (name: string, value: string): ByteString =>
  `${encoded(name)}=${encoded(value)}` as ByteString

/** The query of an object; undefined when it exceeds `maxQueryBytes`. */
export const flattened = ({ pairs }: JsonObject): ByteString | undefined => {
  const written: Array<string> = []
  let size = 0
  // Each pair is counted with a following `&`, which the last one does not have.
  const maxSize = maxQueryBytes + 1

  const write = (name: string, value: Json): void => {
    if (size > maxSize) return
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
  return size > maxSize ? undefined : (written.join("&") as ByteString)
}

const isList = (value: Json): value is ReadonlyArray<Json> => Array.isArray(value)

const textOf = (value: Json): string => {
  if (typeof value === "string") return value
  if (value instanceof JsonNumber) return value.text
  return typeof value === "boolean" ? String(value) : ""
}

/** Joins two queries; either may be empty. */
export const joinedQueries = (first: ByteString, second: ByteString): ByteString =>
  first === "" ? second : second === "" ? first : (`${first}&${second}` as ByteString)
