/** The settings of the HTTP edge. */
import { Config, Schema } from "effect"
import { optional, setting } from "../contracts/setting.ts"
import { count, flag, port } from "../contracts/setting-readers.ts"
import { originsProblem } from "./http/cors.ts"
import { standardPushLimits } from "./push-batcher.ts"

const oneWord = Schema.String.check(
  Schema.makeFilter((text: string) =>
    /^[!-~]+$/.test(text) ? undefined : "It must be one word: printable ASCII without spaces."
  )
)

export const gatewayPort = setting("GATEWAY_PORT", port, 5222, "The port for trackers.")

export const gatewayHost = setting(
  "GATEWAY_HOST",
  Config.String,
  "0.0.0.0",
  "The address to listen on; :: for IPv6 and IPv4."
)

export const gatewayMetrics = setting(
  "GATEWAY_METRICS",
  flag,
  false,
  "Serve /metrics on GATEWAY_PORT too, to anyone who can reach it; false: on OPS_PORT only."
)

export const corsOrigins = setting(
  "CORS_ORIGINS",
  (name) =>
    Config.schema(Schema.String.check(Schema.makeFilter((list: string) => originsProblem(list))), name),
  "*",
  "Origins whose pages may read responses (CORS): * for all, or a list like https://shop.example,https://*.example.org. Events from other pages are still accepted."
)

export const corsCredentials = setting(
  "CORS_CREDENTIALS",
  flag,
  false,
  "Let pages of the origins in CORS_ORIGINS send cookies and read the response; requires a list of origins there, not *."
)

export const tlsCert = optional(
  "TLS_CERT",
  Config.String,
  "Path of a certificate (PEM, with its chain); the gateway then serves HTTPS. Unset: HTTP."
)
export const tlsKey = optional("TLS_KEY", Config.String, "Path of the certificate's private key (PEM).")

export const podName = optional(
  "POD_NAME",
  (name) => Config.schema(oneWord, name),
  "The name of this pod, written into every event. Unset: nopod."
)

export const gatewayMaxPending = setting(
  "GATEWAY_MAX_PENDING",
  count(),
  standardPushLimits.maxPendingLines,
  "Maximum events waiting for the queue at once; more are answered with 503."
)
