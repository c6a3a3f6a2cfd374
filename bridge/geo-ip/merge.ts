/** Several GeoIP databases as one: Country and City files say where an address is, ASN and ISP files whose it is. */
import type { Database, LocatedNetwork } from "./database.ts"
import { type IpDetails, nowhere, type Place } from "./service.ts"

export interface Databases {
  /** The name of each, for people. */
  readonly name: string
  readonly locate: (ip: string) => Place
  readonly details: (ip: string) => IpDetails
}

/**
 * For each field, the first database that knows it, in the order given. A city counts only from a database that places
 * the address in the same country.
 */
export const mergeDatabases = (databases: readonly [Database, ...ReadonlyArray<Database>]): Databases => {
  const [first, ...others] = databases
  const isPlain = others.length === 0 && !first.holds.networks
  const locate = isPlain ? first.locate : (ip: string) => merged(databases.map((one) => one.locate(ip)))
  return {
    name: databases.map(({ name }) => name).join(", "),
    locate,
    details: (ip) => {
      const known = { ...locate(ip) }
      for (const one of databases.toReversed()) Object.assign(known, one.details(ip))
      return known
    }
  }
}

const merged = (found: ReadonlyArray<LocatedNetwork>): Place => {
  const country = found.find((place) => place.country !== nowhere.country)?.country ?? nowhere.country
  const city = found.find((place) => place.city !== nowhere.city && place.country === country)?.city
  const asn = found.find((place) => place.asn !== undefined)?.asn
  const isp =
    found.find((place) => place.isp !== undefined)?.isp ??
    found.find(({ organization }) => organization !== undefined)?.organization
  return { country, city: city ?? nowhere.city, asn, isp }
}
