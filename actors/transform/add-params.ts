/**
 * Adds parameters to finished records: plain functions, since they run for every event of an enrichment step. Pure.
 */
import { Buffer } from "node:buffer"
import { byteStringOf } from "../../contracts/byte-string.ts"
import { type ByteString, bytesOf } from "../../contracts/event.ts"
import { encodeValue } from "../../contracts/wire/percent.ts"

/**
 * The record with these parameters before its own, so that a reader of the first parameter of a name gets the step's and
 * not one that a client sent. The bytes of the record's own parameters stay unchanged; a query that is empty (`e`, `p`) is
 * replaced.
 */
export const addParams = (value: Uint8Array, params: Readonly<Record<string, string>>): Uint8Array => {
  const added = encodeParams(params)
  if (added === "") return value
  const record = byteStringOf(value)
  const start = record.lastIndexOf(" ") + 1
  const own = record.slice(start)
  const isEmpty = own === "" || own === "e" || own === "p"
  return Buffer.from(`${record.slice(0, start)}${added}${isEmpty ? "" : `&${own}`}`, "latin1")
}

const encodeParams = (params: Readonly<Record<string, string>>): ByteString =>
  Object.entries(params)
    .map(([name, value]) => `${encodeValue(bytesOf(name))}=${encodeValue(bytesOf(value))}`)
    .join("&") as ByteString
