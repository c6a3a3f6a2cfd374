/** The location and network of an IP address, from local database files. A file that is replaced while running is read again. */
import { Context } from "effect"

/** ISO 3166 alpha-2 country and English city name; `XX` where unknown. */
export interface Place {
  readonly country: string
  readonly city: string
  /** The number of the autonomous system; only with an ASN or ISP database. */
  readonly asn?: number | undefined
  /** The internet provider; the organization of the autonomous system when no database names a provider. */
  readonly isp?: string | undefined
}

/** All data of the databases about an address; a field that no database has is absent. */
export interface IpDetails extends Place {
  /** ISO 3166-2 code of the largest subdivision, without the country: `BY`. */
  readonly region?: string
  readonly postalCode?: string
  readonly timeZone?: string
  readonly latitude?: number
  readonly longitude?: number
  /** Kilometres around latitude and longitude. */
  readonly accuracyRadius?: number
  readonly isInEuropeanUnion?: boolean
  /** The organization that the provider assigned the address to. */
  readonly organization?: string
  /** `Cable/DSL`, `Cellular`, `Corporate`, `Satellite`. */
  readonly connectionType?: string
  readonly anonymity?: Anonymity
}

/** Whether the address hides its user, and how. */
export interface Anonymity {
  readonly isAnonymous: boolean
  readonly isVpn: boolean
  readonly isHostingProvider: boolean
  readonly isPublicProxy: boolean
  readonly isResidentialProxy: boolean
  readonly isTorExitNode: boolean
}

export const nowhere: Place = { country: "XX", city: "XX" }

/**
 * @example
 * const geo = yield* GeoIp
 * geo.locate("8.8.8.8").country // "US"
 */
export class GeoIp extends Context.Service<
  GeoIp,
  {
    /** The databases in use, for people: the type of each and the day it was built. */
    readonly database: string
    /** The place of an address; `nowhere` for a private, unknown or invalid one. Cached; called per event. */
    readonly locate: (ip: string) => Place
    /** Not cached, and several times slower than `locate`: for single lookups by a person. */
    readonly details: (ip: string) => IpDetails
  }
>()("spoor/bridge/geo-ip") {}
