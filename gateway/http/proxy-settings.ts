/** The settings of trusted proxies and their headers. Shared by every server of a process. */
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
  "Addresses and ranges, separated by commas, of trusted proxies: their ADDRESS_HEADERS count, and server logs that they send keep the addresses of their lines. none: no proxy. By default only this machine, because a private network may have untrusted hosts: set your proxies' range."
)

const headerNames = (name: string): Config.Config<ReadonlySet<AddressHeader>> =>
  Config.schema(
    Schema.String.check(
      Schema.makeFilter((list: string) =>
        parseHeaderNames(list) === undefined
          ? "It must be header names, separated by commas, like X-Forwarded-For or Forwarded."
          : undefined
      )
    ),
    name
  ).pipe(Config.map((list) => parseHeaderNames(list) ?? new Set()))

export const addressHeadersSetting = setting(
  "ADDRESS_HEADERS",
  headerNames,
  standardHeaders,
  "Headers in which trusted proxies write the client's address, separated by commas; the first with an address counts: X-Forwarded-For, Forwarded, X-Real-Ip, CF-Connecting-IP, True-Client-IP, Fly-Client-IP, X-Push-Ip or any other. List only headers that your proxy writes itself: clients can forge headers that it passes on. Unset: X-Forwarded-For, or X-Real-Ip for requests without it.",
  "X-Forwarded-For"
)
