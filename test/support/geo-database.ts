/** Builds an MMDB file for tests, in which all addresses, or the lower half of them, have the same record. */
import { Buffer } from "node:buffer"

/**
 * The values of a record: texts of at most 284 bytes, numbers, flags, and lists and maps of at most 28 entries. A number
 * with a fraction is written as a double.
 */
export type GeoRecord = { readonly [key: string]: GeoValue }
export type GeoValue = string | number | boolean | GeoRecord | ReadonlyArray<GeoRecord>

/** The file's bytes; `type` is the database type in its metadata. */
export const geoDatabase = (type: string, record: GeoRecord, ipVersion: 4 | 6 = 6): Uint8Array =>
  fileOf(everyAddress, type, record, ipVersion)

/** The same for IPv4, with a record for 0.0.0.0 to 127.255.255.255 only. */
export const halfGeoDatabase = (type: string, record: GeoRecord): Uint8Array =>
  fileOf(lowerHalf, type, record, 4)

const fileOf = (node: ReadonlyArray<number>, type: string, record: GeoRecord, ipVersion: 4 | 6): Uint8Array =>
  Buffer.concat([
    Buffer.from([...node, ...new Array(16).fill(0)]),
    ...encoded(record),
    Buffer.from("ABCDEF4D61784D696E642E636F6D", "hex"),
    Buffer.from([(7 << 5) | 6]),
    ...text("node_count"),
    uint32(1),
    ...text("record_size"),
    uint32(24),
    ...text("ip_version"),
    uint32(ipVersion),
    ...text("build_epoch"),
    uint32(1_780_000_000),
    ...text("binary_format_major_version"),
    uint32(2),
    ...text("database_type"),
    ...text(type)
  ])

/** Both branches point to the first record of the data section: node count (1) + 16 + its offset (0). */
const everyAddress = [0, 0, 17, 0, 0, 17]
/** The second branch points to the node count, which means that there is no record. */
const lowerHalf = [0, 0, 17, 0, 0, 1]

const encoded = (record: GeoRecord): Array<Buffer> => [
  Buffer.from([(7 << 5) | Object.keys(record).length]),
  ...Object.entries(record).flatMap(([key, value]) => [...text(key), ...encodedValue(value)])
]

/** A type above 7 has an additional byte: its number minus 7. */
const encodedValue = (value: GeoValue): Array<Buffer> => {
  if (typeof value === "string") return text(value)
  if (typeof value === "boolean") return [Buffer.from([value ? 1 : 0, 14 - 7])]
  if (typeof value === "number") return [Number.isInteger(value) ? uint32(value) : double(value)]
  if (isList(value)) return [Buffer.from([value.length, 11 - 7]), ...value.flatMap(encoded)]
  return encoded(value)
}

const isList = (value: GeoValue): value is ReadonlyArray<GeoRecord> => Array.isArray(value)

const text = (value: string): Array<Buffer> => {
  const bytes = Buffer.from(value)
  const size = bytes.length < 29 ? [(2 << 5) | bytes.length] : [(2 << 5) | 29, bytes.length - 29]
  return [Buffer.from(size), bytes]
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.from([(6 << 5) | 4, 0, 0, 0, 0])
  bytes.writeUInt32BE(value, 1)
  return bytes
}

const double = (value: number): Buffer => {
  const bytes = Buffer.from([(3 << 5) | 8, 0, 0, 0, 0, 0, 0, 0, 0])
  bytes.writeDoubleBE(value, 1)
  return bytes
}
