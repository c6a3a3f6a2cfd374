/** A whole MMDB file for tests, in which every address has the same record. */
import { Buffer } from "node:buffer"

/** Texts and maps of them, as a record holds them; each text at most 284 bytes long, each map at most 28. */
export type GeoRecord = { readonly [key: string]: string | GeoRecord }

/** The file's bytes; `type` is the database type in its metadata. */
export const geoDatabase = (type: string, record: GeoRecord, ipVersion: 4 | 6 = 6): Uint8Array =>
  Buffer.concat([
    Buffer.from([...onlyNode, ...new Array(16).fill(0)]),
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

/** Both branches lead to the first record of the data: node count (1) + 16 + its place there (0). */
const onlyNode = [0, 0, 17, 0, 0, 17]

const encoded = (record: GeoRecord): Array<Buffer> => [
  Buffer.from([(7 << 5) | Object.keys(record).length]),
  ...Object.entries(record).flatMap(([key, value]) => [
    ...text(key),
    ...(typeof value === "string" ? text(value) : encoded(value))
  ])
]

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
