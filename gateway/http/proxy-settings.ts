/** The settings about proxies: whose headers are believed, and which headers. Shared by every server of a process. */
import { Config, Schema } from "effect"
import { setting } from "../../contracts/setting.ts"
import {
  type AddressHeader,
  loopback,
  parseHeaderNames,
  proxiesProblem,
  standardHeaders
} from "./client-address.ts"

const proxies = Schema.String.check(Schema.makeFilter((list: string) => proxiesProblem(list)))

export const trustedProxies = setting(
  "TRUSTED_PROXIES",
  (name) => Config.schema(proxies, name),
  loopback,
  "Addresses and ranges, separated by commas, of proxies whose ADDRESS_HEADERS are believed, and of senders of server logs whose lines keep their own addresses; none for nobody. By default only this machine: in a private network anyone may be a neighbour, so name your proxies' range."
)

const believed = (name: string): Config.Config<ReadonlySet<AddressHeader>> =>
  Config.schema(
    Schema.String.check(
      Schema.makeFilter((list: string) =>
        parseHeaderNames(list) === undefined
          ? "Name headers, separated by commas, like X-Forwarded-For or Forwarded."
          : undefined
      )
    ),
    name
  ).pipe(Config.map((list) => parseHeaderNames(list) ?? new Set()))

export const addressHeadersSetting = setting(
  "ADDRESS_HEADERS",
  believed,
  standardHeaders,
  "Headers of trusted proxies that hold the client's address, separated by commas, the first that holds one counts: X-Forwarded-For, Forwarded, X-Real-Ip, CF-Connecting-IP, True-Client-IP, Fly-Client-IP, X-Push-Ip or any other. Name only headers that your proxy writes itself: clients forge the ones it passes on. Unset: X-Forwarded-For, and X-Real-Ip where a request has none.",
  "X-Forwarded-For"
)
