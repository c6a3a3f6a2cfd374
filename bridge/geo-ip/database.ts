/**
 * One GeoIP database file, read whole into memory. The only file that imports the reader of the MMDB format, which accepts
 * databases of every type; MaxMind's own library above it (maxmind.ts) accepts only MaxMind's types.
 */
import { readFile } from "node:fs/promises"
import { Effect } from "effect"
import { Reader } from "mmdb-lib"
import { Failure } from "../../contracts/failure.ts"
import { type Address, parseIp, unmapped } from "../../contracts/wire/ip.ts"
import { boundedMap } from "../bounded-cache.ts"
import { type Contents, contentsOf } from "./contents.ts"
import { typedLookup } from "./maxmind.ts"
import { isReserved } from "./reserved.ts"
import { type IpDetails, nowhere, type Place } from "./service.ts"

export interface Database {
  readonly file: string
  /** The database type and build date, for display. */
  readonly name: string
  readonly holds: Contents
  /** Not cached. Never throws: returns `nowhere` for an address that is not found or a record that cannot be read. */
  readonly locate: (ip: string) => LocatedNetwork
  /** The data beyond the place. Never throws. */
  readonly details: (ip: string) => Partial<IpDetails>
}

/** `organization`: of the autonomous system. */
export interface LocatedNetwork extends Place {
  readonly organization?: string | undefined
}

/**
 * Reads the file. Fails with "misconfigured" (a setting names the file) and a sentence with its path when it is missing,
 * not a complete database, or contains no data that Spoor uses.
 */
export const readDatabase = Effect.fnUntraced(function* (file: string) {
  const bytes = yield* Effect.tryPromise({
    try: () => readFile(file),
    catch: (cause) => unusable(file, `cannot be read: ${reasonOf(cause)}`)
  })
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    return yield* unusable(file, "is compressed: decompress it first")
  }
  return yield* Effect.try({
    try: () => open(file, bytes),
    catch: () => unusable(file, "is not a complete .mmdb file")
  })
})

const open = (file: string, bytes: Buffer): Database => {
  const reader = new Reader<never>(bytes, { cache: boundedMap(cachedParts) })
  const { databaseType, buildEpoch, nodeCount, searchTreeSize, ipVersion } = reader.metadata
  const separator = bytes.subarray(searchTreeSize, searchTreeSize + 16)
  const isWhole = nodeCount > 0 && separator.length === 16 && separator.every((byte) => byte === 0)
  if (!isWhole || (ipVersion !== 4 && ipVersion !== 6)) throw new Error("a part is missing")
  reader.get("8.8.8.8")
  const holds = contentsOf(bytes, reader.metadata, (ip) => contentsOfRecord(reader.get(ip)))
  const read = holds.networks ? networkOf : placeOf
  const typed = typedLookup(bytes, databaseType)
  const addressOf = (ip: string): string | undefined => {
    const written = parseIp(ip)
    if (written === undefined) return undefined
    const address = unmapped(written)
    if (isReserved(address) || (ipVersion === 4 && typeof address !== "number")) return undefined
    return address === written ? ip : textOf(address, ip)
  }
  return {
    file,
    name: `${databaseType} ${buildEpoch.toISOString().slice(0, 10)}`,
    holds,
    locate: (ip) => {
      const address = addressOf(ip)
      if (address === undefined) return nowhere
      try {
        return read(reader.get(address))
      } catch {
        return nowhere
      }
    },
    details: (ip) => {
      const address = addressOf(ip)
      if (address === undefined || typed === undefined) return {}
      try {
        return typed(address)
      } catch {
        return {}
      }
    }
  }
}

/** The maximum number of decoded parts of the file in the cache; many addresses share a part. */
const cachedParts = 10_000

const textOf = (address: Address, ip: string): string =>
  typeof address === "number" ? [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".") : ip

/**
 * Reads both record formats in use: of MaxMind and DB-IP (`country.iso_code`), and of ip-location-db (`country_code`). When
 * the country of use is unknown, returns the country of registration.
 */
const placeOf = (record: unknown): Place => {
  const country =
    at(record, "country", "iso_code") ??
    at(record, "country_code") ??
    at(record, "registered_country", "iso_code")
  const city = at(record, "city", "names", "en") ?? at(record, "city")
  if (country === undefined && city === undefined) return nowhere
  return { country: country ?? nowhere.country, city: city ?? nowhere.city }
}

/** The place and the network; some databases contain both (in `traits`), and DB-IP's use MaxMind's format. */
const networkOf = (record: unknown): LocatedNetwork => {
  const { country, city } = placeOf(record)
  const asn =
    valueAt(record, "autonomous_system_number") ?? valueAt(record, "traits", "autonomous_system_number")
  return {
    country,
    city,
    asn: typeof asn === "number" ? asn : undefined,
    isp: at(record, "isp") ?? at(record, "traits", "isp"),
    organization:
      at(record, "autonomous_system_organization") ?? at(record, "traits", "autonomous_system_organization")
  }
}

const contentsOfRecord = (record: unknown): Contents => {
  const { country, city, asn, isp, organization } = networkOf(record)
  return {
    countries: country !== nowhere.country,
    cities: city !== nowhere.city,
    networks: asn !== undefined || isp !== undefined || organization !== undefined,
    traits:
      at(record, "connection_type") !== undefined || typeof valueAt(record, "is_anonymous") === "boolean"
  }
}

const at = (record: unknown, ...path: ReadonlyArray<string>): string | undefined => {
  const value = valueAt(record, ...path)
  return typeof value === "string" && value !== "" ? value : undefined
}

const valueAt = (record: unknown, ...path: ReadonlyArray<string>): unknown => {
  let value = record
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

/** The failure of a file that GEOIP_DB names; `why` is the rest of a sentence. */
export const unusable = (file: string, why: string): Failure =>
  new Failure({ reason: "misconfigured", message: `The GeoIP database ${file} ${why}.` })

const reasonOf = (cause: unknown): string => {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown"
  return reasons.get(code) ?? code
}

const reasons = new Map([
  ["ENOENT", "the file does not exist"],
  ["EACCES", "this process has no permission to read it"],
  ["EISDIR", "it is a folder"]
])
