/**
 * One GeoIP database file, read whole into memory. The only file that knows the MMDB format's reader.
 * NOTE: the typed calls of @maxmind/geoip2-node refuse every database whose type is not MaxMind's own, and keep the
 * reader underneath to themselves; so this is that reader.
 */
import { readFile } from "node:fs/promises"
import { Effect } from "effect"
import { Reader } from "mmdb-lib"
import { Failure } from "../../contracts/failure.ts"
import { type Address, parseIp, unmapped } from "../../contracts/wire/ip.ts"
import { contentsOf } from "./contents.ts"
import { isReserved } from "./reserved.ts"
import { nowhere, type Place } from "./service.ts"

export interface Database {
  /** Its type and the day it was built, for people. */
  readonly name: string
  /** Does it name cities, or countries only? */
  readonly hasCities: boolean
  /** Not cached. Never throws: what cannot be found, or read, is `nowhere`. */
  readonly locate: (ip: string) => Place
}

/**
 * Reads the file. Fails with "misconfigured" (a setting names it) and a sentence that names it when it is missing, no whole
 * database, or a database of something else than places.
 */
export const readDatabase = Effect.fn("GeoIp.read")(function* (file: string) {
  const bytes = yield* Effect.tryPromise({
    try: () => readFile(file),
    catch: (cause) => unusable(file, `cannot be read: ${reasonOf(cause)}`)
  })
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    return yield* unusable(file, "is compressed: unpack it first")
  }
  const opened = yield* Effect.try({
    try: () => open(bytes),
    catch: () => unusable(file, "is not a whole .mmdb file")
  })
  if (opened.countries) return opened.database
  return yield* unusable(
    file,
    `holds no countries: it is of the type ${opened.database.name}. Set GEOIP_DB to a Country or City database`
  )
})

const open = (bytes: Buffer): { readonly database: Database; readonly countries: boolean } => {
  const reader = new Reader<never>(bytes, { cache: makeRecent() })
  const { databaseType, buildEpoch, nodeCount, searchTreeSize, ipVersion } = reader.metadata
  const separator = bytes.subarray(searchTreeSize, searchTreeSize + 16)
  const isWhole = nodeCount > 0 && separator.length === 16 && separator.every((byte) => byte === 0)
  if (!isWhole || (ipVersion !== 4 && ipVersion !== 6)) throw new Error("a part is missing")
  reader.get("8.8.8.8")
  const { countries, cities } = contentsOf(bytes, reader.metadata, (ip) => placeOf(reader.get(ip)))
  const database: Database = {
    name: `${databaseType} ${buildEpoch.toISOString().slice(0, 10)}`,
    hasCities: cities,
    locate: (ip) => {
      const written = parseIp(ip)
      if (written === undefined) return nowhere
      const address = unmapped(written)
      if (isReserved(address) || (ipVersion === 4 && typeof address !== "number")) return nowhere
      try {
        return placeOf(reader.get(address === written ? ip : textOf(address, ip)))
      } catch {
        return nowhere
      }
    }
  }
  return { database, countries }
}

/** How many parts of the file are kept as they were read; many addresses lead to the same ones. */
const recentParts = 10_000

const makeRecent = () => {
  const parts = new Map<string | number, never>()
  return {
    get: (key: string | number) => parts.get(key),
    set: (key: string | number, part: never) => {
      if (parts.size >= recentParts) parts.clear()
      parts.set(key, part)
    }
  }
}

const textOf = (address: Address, ip: string): string =>
  typeof address === "number" ? [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".") : ip

/**
 * Both shapes in the field: MaxMind's and DB-IP's own (`country.iso_code`), ip-location-db's (`country_code`). Where it is
 * not known in which country an address is used, the country it is registered in stands for it.
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

const at = (record: unknown, ...path: ReadonlyArray<string>): string | undefined => {
  let value = record
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return typeof value === "string" && value !== "" ? value : undefined
}

const unusable = (file: string, why: string): Failure =>
  new Failure({ reason: "misconfigured", message: `The GeoIP database ${file} ${why}.` })

const reasonOf = (cause: unknown): string => {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown"
  return reasons.get(code) ?? code
}

const reasons = new Map([
  ["ENOENT", "there is no such file"],
  ["EACCES", "this process may not read it"],
  ["EISDIR", "it is a folder"]
])
