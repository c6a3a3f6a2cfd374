/** Several GeoIP databases as one: Country and City files give the place of an address, ASN and ISP files its network. */
import type { Database, LocatedNetwork } from "./database.ts"
import { type IpDetails, nowhere, type Place } from "./service.ts"

export interface Databases {
  /** The names of all databases, for display. */
  readonly name: string
  readonly locate: (ip: string) => Place
  readonly details: (ip: string) => IpDetails
}

/**
 * Each field comes from the first database that has it, in the given order. A city is used only from a database that has
 * the same country for the address.
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
