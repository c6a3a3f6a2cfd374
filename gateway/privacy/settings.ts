/** The settings of privacy. All off unless set: then lines are what the contract says, byte for byte. */
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
        maskOf(text) === undefined ? "It must read like 24/48: bits kept of IPv4 and of IPv6." : undefined
      )
    ),
    name
  ).pipe(Config.map((text) => maskOf(text) ?? { ipv4: 0, ipv6: 0 }))

const headerNames = Schema.String.check(
  Schema.makeFilter((list: string) =>
    /^[A-Za-z0-9-]+(\s*,\s*[A-Za-z0-9-]+)*$/.test(list.trim())
      ? undefined
      : "It must be names of headers, separated by commas."
  )
)

export const privacySignals = setting(
  "PRIVACY_SIGNALS",
  (name) => Config.schema(signals, name),
  "keep",
  "What is done with events sent with DNT: 1 or Sec-GPC: 1: keep, anonymise (no address, no visitor id) or drop (answered as taken); for one topic clicks=drop, several separated by commas."
)
export const addressMask = optional(
  "ADDRESS_MASK",
  mask,
  "Bits of client addresses that are written, of IPv4 and of IPv6, like 24/48; the others are 0. Unset: all."
)
export const anonymousHeader = optional(
  "ANONYMOUS_HEADER",
  (name) => Config.schema(headerNames, name),
  "Headers, separated by commas, by which a client says that its events are anonymous, like X-Anonymous or SP-Anonymous: no address is written and no visitor id. Unset: none."
)
export const visitorId = setting(
  "VISITOR_ID",
  choice(["off", "daily"]),
  "off",
  "daily adds the parameter visitor: an id made of address, user agent and host under a salt that is new each UTC day and then forgotten; no cookie. The same for all actors."
)

export const privacySettings = [privacySignals, addressMask, anonymousHeader, visitorId]
