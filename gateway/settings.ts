/** The settings of the HTTP edge. */
import { Config, Schema } from "effect"
import { optional, port, setting } from "../contracts/setting.ts"
import { loopback, proxiesProblem } from "./client-address.ts"
import { standardLimits } from "./push-batch.ts"

const proxies = Schema.String.check(Schema.makeFilter((list: string) => proxiesProblem(list)))
const oneWord = Schema.String.check(
  Schema.makeFilter((text: string) => (/^[!-~]+$/.test(text) ? undefined : "It must be one word."))
)

export const gatewayPort = setting("GATEWAY_PORT", port, 5222, "The port that trackers send to.")

export const gatewayHost = setting(
  "GATEWAY_HOST",
  Config.String,
  "0.0.0.0",
  "The address to listen on; :: for IPv6 and IPv4."
)

export const trustedProxies = setting(
  "TRUSTED_PROXIES",
  (name) => Config.schema(proxies, name),
  loopback,
  "Addresses and ranges, separated by commas, of proxies whose X-Push-Ip, X-Forwarded-For and X-Real-Ip are believed; none for nobody."
)

export const podName = optional(
  "POD_NAME",
  (name) => Config.schema(oneWord, name),
  "The name of this pod, written into each event. Unset: nopod."
)

export const gatewayMaxPending = setting(
  "GATEWAY_MAX_PENDING",
  (name) => Config.schema(Schema.Int.check(Schema.isGreaterThan(0)), name),
  standardLimits.pendingLines,
  "Events that may wait for the queue at once; more are answered with 503."
)
