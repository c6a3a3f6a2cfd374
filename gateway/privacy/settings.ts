/** The privacy settings. All are off by default: lines then follow the contract byte for byte. */
import { Config, Schema } from "effect"
import { optional, setting } from "../../contracts/setting.ts"
import { choice } from "../../contracts/setting-readers.ts"
import { type Mask, maskOf } from "./mask.ts"
import { signalsProblem } from "./signals.ts"

const signals = Schema.String.check(Schema.makeFilter((list: string) => signalsProblem(list)))

const mask = (name: string): Config.Config<Mask> =>
  Config.schema(
    Schema.String.check(
      Schema.makeFilter((text: string) =>
        maskOf(text) === undefined
          ? "It must look like 24/48: the bits kept of IPv4 and IPv6 addresses."
          : undefined
      )
    ),
    name
  ).pipe(Config.map((text) => maskOf(text) ?? { ipv4: 0, ipv6: 0 }))

const headerNames = Schema.String.check(
  Schema.makeFilter((list: string) =>
    /^[A-Za-z0-9-]+(\s*,\s*[A-Za-z0-9-]+)*$/.test(list.trim())
      ? undefined
      : "It must be header names, separated by commas."
  )
)

export const privacySignals = setting(
  "PRIVACY_SIGNALS",
  (name) => Config.schema(signals, name),
  "keep",
  "What happens to events sent with DNT: 1 or Sec-GPC: 1: keep, anonymise (no address, no visitor id) or drop (answered like stored events). For one topic: clicks=drop; separate several by commas."
)
export const addressMask = optional(
  "ADDRESS_MASK",
  mask,
  "Bits kept of client addresses, of IPv4 and IPv6, like 24/48; the others are set to 0. Unset: all bits."
)
export const anonymousHeader = optional(
  "ANONYMOUS_HEADER",
  (name) => Config.schema(headerNames, name),
  "Headers, separated by commas, by which a client declares its events anonymous, like X-Anonymous or SP-Anonymous: no address and no visitor id are written. Unset: none."
)
export const visitorId = setting(
  "VISITOR_ID",
  choice(["off", "daily"]),
  "off",
  "daily adds the parameter visitor: a hash of address, user agent and host with a salt that is replaced and deleted every UTC day; no cookie. All actors need the same value."
)

export const privacySettings = [privacySignals, addressMask, anonymousHeader, visitorId]
