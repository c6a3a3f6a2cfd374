/** The settings of the gateway's guards: write keys, rate limits, memory for bodies, connections. */
import { Config, Schema } from "effect"
import { optional, secret, setting } from "../../contracts/setting.ts"
import { count, flag, size } from "../../contracts/setting-readers.ts"
import { type Rate, rateOf } from "./rate.ts"

const rate = (name: string): Config.Config<Rate> =>
  Config.schema(
    Schema.String.check(
      Schema.makeFilter((text: string) =>
        rateOf(text) === undefined ? "It must look like 100/s, 6000/m or 100/s burst 200." : undefined
      )
    ),
    name
  ).pipe(Config.map((text) => rateOf(text) ?? { intervalMs: 1, burst: 1 }))

export const writeKeyList = secret(
  "WRITE_KEYS",
  "Write keys with their topics, as key=topic,key2=topic2. A key without a topic uses KAFKA_TOPIC; other topics must be in KAFKA_TOPICS. Unset: anyone may send events."
)
export const rateLimitPerAddress = optional(
  "RATE_LIMIT_PER_ADDRESS",
  rate,
  "Maximum rate of events from one address (IPv6: one /64), like 100/s, 3/m or 100/s burst 200; more are answered with 429. Unset: no limit."
)
export const rateLimitPerKey = optional(
  "RATE_LIMIT_PER_KEY",
  rate,
  "Maximum rate of events with one write key, like 100/s, 3/m or 100/s burst 200; more are answered with 429. Unset: no limit."
)
export const rateLimitShared = setting(
  "RATE_LIMIT_SHARED",
  flag,
  false,
  "Share the rate limits between all gateways through the first Redis of REDIS_URL, ten times a second; false: each gateway counts alone."
)
export const gatewayMaxBodyBytes = setting(
  "GATEWAY_MAX_BODY_BYTES",
  size(),
  64 * 1024 * 1024,
  "Memory for all request bodies being read at once; more are answered with 503.",
  "64MiB"
)
export const gatewayPipelining = setting(
  "GATEWAY_PIPELINING",
  flag,
  false,
  "Support HTTP pipelining: answer in order the requests that a client sends without waiting for responses. Deno always does; on Bun it costs as much as GATEWAY_MAX_CONNECTIONS and does not work with TLS_CERT."
)

export const gatewayMaxPerAddress = optional(
  "GATEWAY_MAX_PER_ADDRESS",
  count(),
  "Maximum requests of one address (IPv6: one /64) in flight at once; more are answered with 429. Unset: no limit."
)
export const gatewayMaxConnections = optional(
  "GATEWAY_MAX_CONNECTIONS",
  count(),
  "Maximum connections to the gateway at once; more are answered with 503 and closed. Each needs three open files. Unset: no limit."
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
