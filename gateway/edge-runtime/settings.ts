/** The settings of a gateway at the edge, beside those that it shares with every gateway. */
import { Config, Duration, Schema } from "effect"
import { topicSettings } from "../../bridge/topics.ts"
import { eventIdParam } from "../../contracts/client-event-id.ts"
import { optional, type Setting, setting } from "../../contracts/setting.ts"
import { choice, count, duration, size } from "../../contracts/setting-readers.ts"
import { traceParam } from "../../contracts/trace-context.ts"
import { bodySettings } from "../formats/limits.ts"
import * as Guarding from "../guard/settings.ts"
import { parseHeaderNames } from "../http/client-address.ts"
import { addressHeadersSetting, trustedProxies } from "../http/proxy-settings.ts"
import { linkSettings } from "../links/settings.ts"
import { privacySettings } from "../privacy/settings.ts"
import { corsCredentials, corsOrigins, gatewayMetrics, podName, tlsCert, tlsKey } from "../settings.ts"
import { edgeCentreSettings } from "./centre.ts"

export const edgeAck = setting(
  "EDGE_ACK",
  choice(["centre", "durable-object", "kv"]),
  "centre",
  "When an event is answered with 200: centre (the centre's queue has it), durable-object (a Worker: its Durable Object has it) or kv (Deno: Deno KV has it). The edge forwards what it stores."
)

export const edgeMaxBytes = setting(
  "EDGE_MAX_BYTES",
  size(),
  256 * 1024 * 1024,
  "Bytes of lines that one Durable Object, or Deno KV, stores while the centre is away; more events are answered with 503.",
  "256MiB"
)

export const edgePushTimeout = setting(
  "EDGE_PUSH_TIMEOUT",
  duration("seconds", 100),
  Duration.seconds(5),
  "With EDGE_ACK=centre, the time until the centre's queue must have an event, retries included; then it is answered with 503.",
  "5s"
)

export const edgeShards = setting(
  "EDGE_SHARDS",
  count(1, 1_000, "4"),
  1,
  "Durable Objects that share the requests. Each forwards its own lines in their order."
)

export const edgeAddressHeader = optional(
  "EDGE_ADDRESS_HEADER",
  (name) =>
    Config.schema(
      Schema.String.check(
        Schema.makeFilter((text: string) =>
          parseHeaderNames(text)?.size === 1 ? undefined : "It must be the name of one header."
        )
      ),
      name
    ),
  "The header in which the platform writes the address of the connection. Unset: CF-Connecting-IP on a Worker, the socket's address on Deno."
)

export const edgeLinksUrl = optional(
  "EDGE_LINKS_URL",
  Config.String,
  "With LINKS_TOKEN: the address of a gateway of the centre, where campaign links are stored. Unset: EDGE_CENTRE."
)

export const edgeKv = optional(
  "EDGE_KV",
  Config.String,
  "With Deno: the path of the Deno KV database. Unset: the database of the platform."
)

/** The settings that only an edge has. */
export const edgeOnlySettings = {
  edgeAck,
  edgePushTimeout,
  edgeMaxBytes,
  edgeShards,
  edgeAddressHeader,
  edgeLinksUrl,
  edgeKv
}

/** Every setting that a gateway at the edge reads. */
export const edgeSettings: ReadonlyArray<Setting<unknown>> = [
  ...edgeCentreSettings,
  ...Object.values(edgeOnlySettings),
  ...Object.values(bodySettings),
  ...Object.values(linkSettings),
  ...privacySettings,
  ...topicSettings,
  Guarding.writeKeyList,
  Guarding.rateLimitPerAddress,
  Guarding.rateLimitPerKey,
  Guarding.gatewayMaxPerAddress,
  Guarding.gatewayMaxBodyBytes,
  trustedProxies,
  addressHeadersSetting,
  podName,
  eventIdParam,
  traceParam,
  corsOrigins,
  corsCredentials,
  gatewayMetrics
]

/** Settings of a gateway that cannot work at the edge, each with its reason: they are refused, not ignored. */
export const refusedSettings: ReadonlyArray<readonly [setting: Setting<unknown>, reason: string]> = [
  [tlsCert, "TLS is the platform's"],
  [tlsKey, "TLS is the platform's"],
  [Guarding.gatewayMaxConnections, "connections are the platform's"],
  [Guarding.gatewayPipelining, "connections are the platform's"],
  [Guarding.rateLimitShared, "each isolate counts alone"]
]
