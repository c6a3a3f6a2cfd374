/** Where an address is, from a local database file. Swapping the file while running is safe. */
import { Context } from "effect"

/** ISO 3166 alpha-2 country and English city name; `XX` where unknown. */
export interface Place {
  readonly country: string
  readonly city: string
}

export const nowhere: Place = { country: "XX", city: "XX" }

export class GeoIp extends Context.Service<
  GeoIp,
  {
    /** Which database is in use, for people: its type and the date it was built. */
    readonly database: string
    /** The place of an address; `nowhere` for a private, unknown or unreadable one. Cached; called per event. */
    readonly locate: (ip: string) => Place
  }
>()("spoor/bridge/geo-ip") {}
