/**
 * A gateway at the edge: the same handler as everywhere (`handler.ts`), with the settings of its bindings, and its lines in
 * a store of the edge. Lives as long as its isolate or process.
 */
import { type Config, Effect, Redacted } from "effect"
import { readTopics } from "../../bridge/topics.ts"
import { rememberDevices } from "../../bridge/user-agent/device.ts"
import { eventIdParam } from "../../contracts/client-event-id.ts"
import { Failure } from "../../contracts/failure.ts"
import { readTarget, schemesOf } from "../../contracts/link-target.ts"
import { readAll } from "../../contracts/setting.ts"
import {
  readTraceparent,
  traceParam,
  traceparentHeader,
  writeTraceparent
} from "../../contracts/trace-context.ts"
import type { TraceOf } from "../accept-events.ts"
import { edgeCentre } from "../edge/settings.ts"
import { parameter } from "../formats/flatten-json.ts"
import { bodyLimitsOf, bodySettings } from "../formats/limits.ts"
import { type GatewayOptions, gatewayHandler } from "../handler.ts"
import { readAddress } from "../http/address-text.ts"
import { refuse } from "../http/errors.ts"
import { addressHeadersSetting, trustedProxies } from "../http/proxy-settings.ts"
import { anyOrigin } from "../http/responses.ts"
import type { LinkOptions } from "../links/routes.ts"
import { linkSettings } from "../links/settings.ts"
import { noAddress } from "../privacy/mask.ts"
import { readCors, readGuards, readPrivacy, readWriteKeys } from "../protection.ts"
import { gatewayMetrics, podName } from "../settings.ts"
import { centreUrl } from "./centre.ts"
import { writeLog } from "./edge-log.ts"
import { edgeOperations } from "./operations.ts"
import { type Bindings, readBindings } from "./read-settings.ts"
import { remoteLinks } from "./remote-links.ts"
import { requestPushes } from "./request-pushes.ts"
import { edgeSalts } from "./salts.ts"
import type { EdgeStore } from "./service.ts"
import { edgeAck, edgeAddressHeader, edgeLinksUrl, refusedSettings } from "./settings.ts"

/** What differs between a Worker and Deno. */
export interface EdgePlatform {
  /** The value of EDGE_ACK, beside `centre`, that works here. */
  readonly durableAck: "durable-object" | "kv"
  /** The header with the address of the connection; undefined where the socket's address is known. */
  readonly addressHeader: string | undefined
  /** Reads the settings of the store and opens it. */
  readonly openStore: Effect.Effect<EdgeStore, Failure | Config.ConfigError>
}

export interface EdgeGateway {
  /** `address`: of the socket, where the platform knows it. Never fails. */
  readonly fetch: (request: Request, address?: string) => Response | Promise<Response>
}

/** With settings that cannot work, the log gets one sentence, and every request is answered with 503. */
export const openEdgeGateway = (bindings: Bindings, platform: EdgePlatform): EdgeGateway => {
  const read = readBindings(bindings, edgeGateway(platform))
  if (read.ok) return read.value
  writeLog("ERROR", `The gateway answers every request with 503: ${read.failure.message}`)
  return {
    fetch: () =>
      refuse("unavailable", "The settings of this gateway are invalid: its log says which.", anyOrigin)
  }
}

const edgeGateway = Effect.fnUntraced(function* (
  platform: EdgePlatform
): Effect.fn.Return<EdgeGateway, Failure | Config.ConfigError> {
  yield* refuseSettings(platform)
  const settings = yield* readAll({
    ...bodySettings,
    trustedProxies,
    addressHeaders: addressHeadersSetting,
    podName,
    eventIdParam,
    traceParam,
    edgeAck,
    edgeAddressHeader,
    gatewayMetrics
  })
  const store = yield* platform.openStore
  const salts = edgeSalts(store.salt, writeLog)
  let refreshSalts: ((now: number) => Promise<void> | undefined) | undefined
  const openSalts = Effect.sync(() => {
    refreshSalts = salts.refresh
    return salts.saltOf
  })
  const { privacy, headers } = yield* readPrivacy(yield* readTopics, () => {}, openSalts)
  const guard = yield* readGuards(
    yield* readWriteKeys,
    () => {},
    () => performance.now()
  )
  const cors = yield* readCors(headers)
  const links = yield* readLinks
  const pushes = requestPushes(store.push)
  const gateway = gatewayHandler({
    ...guard.options,
    push: pushes.push,
    operations: edgeOperations(store, settings.edgeAck, settings.gatewayMetrics),
    settings,
    bodyLimits: { ...bodyLimitsOf(settings), reserve: guard.memory.reserve },
    now: Date.now,
    privacy,
    cors,
    traceOf: settings.traceParam === undefined ? undefined : tracesIn(settings.traceParam),
    ...(links === undefined ? {} : { links })
  } satisfies GatewayOptions)

  const addressHeader = settings.edgeAddressHeader ?? platform.addressHeader
  const where = settings.edgeAck === "centre" ? "centre" : "edge"
  return {
    fetch: async (request, address = "") => {
      await refreshSalts?.(Date.now())
      const peer = addressHeader === undefined ? address : (request.headers.get(addressHeader) ?? "")
      const response = await gateway.fetch(request, { address: readAddress(peer) || noAddress })
      if (pushes.hasStored(request)) response.headers.set("spoor-stored", where)
      return response
    }
  }
})

/** Fails for a setting that another gateway obeys and this one cannot. */
const refuseSettings = Effect.fnUntraced(function* ({ durableAck }: EdgePlatform) {
  for (const [{ name, config, standard }, reason] of refusedSettings) {
    const value = yield* config
    if (value !== undefined && String(value) !== standard)
      return yield* misconfigured(`${name} does not work at the edge: ${reason}. Remove it.`)
  }
  const ack = yield* edgeAck.config
  if (ack !== "centre" && ack !== durableAck)
    return yield* misconfigured(`EDGE_ACK=${ack} does not work here: write centre or ${durableAck}.`)
})

/** Campaign links of the centre; undefined without LINKS_TOKEN: their paths are then events, as at every gateway. */
const readLinks = Effect.gen(function* (): Effect.fn.Return<
  LinkOptions | undefined,
  Failure | Config.ConfigError
> {
  const settings = yield* readAll({ ...linkSettings, edgeLinksUrl, edgeCentre })
  const { linksToken, linkSchemes, notFoundUrl, linksDialect, linksSecret } = settings
  const token = linksToken === undefined ? "" : Redacted.value(linksToken)
  const secret = linksSecret === undefined ? "" : Redacted.value(linksSecret)
  if (token === "" && secret !== "")
    return yield* misconfigured(
      "LINKS_SECRET requires LINKS_TOKEN at the edge: links are stored at the centre."
    )
  if (token === "") return undefined
  const url = centreUrl(settings.edgeLinksUrl ?? settings.edgeCentre ?? "")
  if (url === undefined)
    return yield* misconfigured(
      "LINKS_TOKEN requires EDGE_LINKS_URL, the address of a gateway of the centre, like https://events.example.com: links are stored there."
    )
  const deviceOf = rememberDevices(10_000)
  return {
    store: remoteLinks(url, token),
    platformOf: (userAgent) => deviceOf(userAgent).os.toLowerCase(),
    settings: {
      ...{ token, dialect: linksDialect },
      secret: secret === "" ? undefined : () => secret,
      schemes: linkSchemes,
      notFoundUrl: notFoundUrl === undefined ? undefined : readTarget(notFoundUrl, schemesOf("")).href
    },
    now: () => performance.now()
  }
})

/** Passes the trace context of a request on with its events. */
const tracesIn =
  (param: string): TraceOf =>
  (request) => {
    const client = readTraceparent(request.headers.get(traceparentHeader)?.trim() ?? "")
    return client === undefined
      ? undefined
      : { param: parameter(param, writeTraceparent(client)), follow: (pushed) => pushed }
  }

const misconfigured = (message: string) => Effect.fail(new Failure({ reason: "misconfigured", message }))
