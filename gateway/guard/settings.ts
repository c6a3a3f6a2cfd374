/** The settings of the gateway's protection. */
import { Config, Schema } from "effect"
import { optional, secret, setting } from "../../contracts/setting.ts"
import { count, flag, size } from "../../contracts/setting-readers.ts"
import { type Rate, rateOf } from "./rate.ts"

const rate = (name: string): Config.Config<Rate> =>
  Config.schema(
    Schema.String.check(
      Schema.makeFilter((text: string) =>
        rateOf(text) === undefined ? "It must read like 100/s, 6000/m or 100/s burst 200." : undefined
      )
    ),
    name
  ).pipe(Config.map((text) => rateOf(text) ?? { interval: 1, burst: 1 }))

export const writeKeyList = secret(
  "WRITE_KEYS",
  "Who may send events, as key=topic,key2=topic2; a key alone is for KAFKA_TOPIC, other topics must be among KAFKA_TOPICS. Unset: anyone."
)
export const rateLimitPerAddress = optional(
  "RATE_LIMIT_PER_ADDRESS",
  rate,
  "Events that one address (IPv6: one /64) may send, like 100/s, 3/m or 100/s burst 200 (at once); more are answered with 429. Unset: no limit."
)
export const rateLimitPerKey = optional(
  "RATE_LIMIT_PER_KEY",
  rate,
  "The same for each write key. Unset: no limit."
)
export const rateLimitShared = setting(
  "RATE_LIMIT_SHARED",
  flag,
  false,
  "Let all gateways on the first Redis of REDIS_URL share these limits, ten times a second; false: each counts alone."
)
export const gatewayMaxBodyBytes = setting(
  "GATEWAY_MAX_BODY_BYTES",
  size(),
  64 * 1024 * 1024,
  "Memory for all request bodies being read; past it they are answered with 503.",
  "64MiB"
)
export const gatewayPipelining = setting(
  "GATEWAY_PIPELINING",
  flag,
  false,
  "Answer requests that a client sends before it has the answer to the one before, in order. On Deno they always are; on Bun it costs what GATEWAY_MAX_CONNECTIONS costs, and does not work with TLS_CERT."
)

export const gatewayMaxPerAddress = optional(
  "GATEWAY_MAX_PER_ADDRESS",
  count(),
  "Requests of one address (IPv6: one /64) that may be under way at once; more are answered with 429. Unset: no limit."
)
export const gatewayMaxConnections = optional(
  "GATEWAY_MAX_CONNECTIONS",
  count(),
  "Connections to the gateway at once; more are answered with 503 and closed. Needs three open files each. Unset: no limit."
)

export const guardSettings = [
  writeKeyList,
  rateLimitPerAddress,
  rateLimitPerKey,
  rateLimitShared,
  gatewayMaxBodyBytes,
  gatewayMaxConnections,
  gatewayPipelining,
  gatewayMaxPerAddress
]
