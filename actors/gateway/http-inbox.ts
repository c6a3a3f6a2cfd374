/**
 * The inbox of events over HTTP: serves the gateway's app on GATEWAY_PORT and delivers the lines of many requests as one
 * message. A request is answered when its message was handled. On stop, requests in flight are answered first.
 */
import { Clock, Effect } from "effect"
import type { CampaignLinks } from "../../bridge/campaign-links/service.ts"
import { eventIdParam } from "../../contracts/client-event-id.ts"
import type { ByteString } from "../../contracts/event.ts"
import type { PushId } from "../../contracts/ids.ts"
import { readAll } from "../../contracts/setting.ts"
import { traceParam } from "../../contracts/trace-context.ts"
import { gatewayApp } from "../../gateway/app.ts"
import { bodyLimitsOf, bodySettings } from "../../gateway/formats/limits.ts"
import { addressHeadersSetting, trustedProxies } from "../../gateway/http/proxy-settings.ts"
import { PushBatcher, standardPushLimits } from "../../gateway/push-batcher.ts"
import {
  gatewayHost,
  gatewayMaxPending,
  gatewayMetrics,
  gatewayPort,
  podName
} from "../../gateway/settings.ts"
import type { Inbox } from "../runtime/actor.ts"
import { Self } from "../runtime/actor-context.ts"
import { served } from "../runtime/http-server.ts"
import { answerLive, answerMetrics, makePublicReady } from "../runtime/ops-server.ts"
import { makeProxyCheck } from "../runtime/proxy-check.ts"
import { thisWorker } from "../runtime/workers/worker.ts"
import { gatewayChecks } from "./checks.ts"
import { edgeLinesSettings, makeEdgeLines } from "./edge-lines.ts"
import { makeProtection, protectionSettings } from "./guard-layer.ts"
import { linksSettings, makeLinks } from "./links.ts"
import { makeTraceOf } from "./request-traces.ts"

/** Lines for one push; with `once`, the push of an edge. */
export interface LinesToPush {
  readonly lines: ReadonlyArray<ByteString>
  readonly once?: PushId
}

export const httpEvents: Inbox<LinesToPush, void, CampaignLinks> = {
  describes: "events over HTTP",
  settings: [
    gatewayPort,
    gatewayHost,
    gatewayMaxPending,
    gatewayMetrics,
    trustedProxies,
    addressHeadersSetting,
    podName,
    eventIdParam,
    traceParam,
    ...Object.values(bodySettings),
    ...linksSettings,
    ...edgeLinesSettings,
    ...protectionSettings
  ],
  checks: gatewayChecks,
  open: Effect.fnUntraced(function* (mailbox) {
    const { health, announce, meter } = yield* Self
    yield* meter.declare("rejected", ["batch", "server log"])
    const settings = yield* readAll({
      gatewayPort,
      gatewayHost,
      gatewayMaxPending,
      gatewayMetrics,
      trustedProxies,
      addressHeaders: addressHeadersSetting,
      podName,
      eventIdParam,
      ...bodySettings
    })
    const protection = yield* makeProtection
    const links = yield* makeLinks
    const traceOf = yield* makeTraceOf
    const clock = yield* Clock.Clock
    const run = Effect.runPromiseWith(yield* Effect.context<never>())

    const push = (lines: ReadonlyArray<ByteString>, once?: PushId): Promise<void> =>
      run(mailbox.deliver(once === undefined ? { lines } : { lines, once }, { events: lines.length }))
    const { concurrency, capacity } = mailbox.limits
    const batcher = new PushBatcher(push, {
      ...standardPushLimits,
      maxPushes: concurrency,
      maxPendingLines: settings.gatewayMaxPending
    })
    const edge = yield* makeEdgeLines(
      ({ id, lines }) => push(lines, id),
      capacity - concurrency,
      () => protection.countRefused("signature")
    )
    yield* Effect.addFinalizer(() => Effect.promise(() => batcher.drain()))

    const ready = yield* makePublicReady(health)
    const app = gatewayApp({
      push: (line) => batcher.add(line),
      settings,
      bodyLimits: { ...bodyLimitsOf(settings), reserve: protection.bodyMemory.reserve },
      countRejected: (events, format) => Effect.runFork(meter.count("rejected", events, format)),
      ...protection.options,
      links,
      edge,
      traceOf,
      now: () => clock.currentTimeMillisUnsafe(),
      operations: {
        live: answerLive,
        ready: () => Effect.runPromise(ready),
        ...(settings.gatewayMetrics ? { metrics: () => Effect.runPromise(answerMetrics(health)) } : {})
      }
    })
    const checkProxy = yield* makeProxyCheck
    const url = yield* served(
      {
        port: settings.gatewayPort,
        hostname: settings.gatewayHost,
        sharesPort: thisWorker !== undefined,
        fetch: (request, client) => {
          checkProxy(request.headers, client.address)
          return app.fetch(request, client)
        },
        countsBodies: true,
        ...(protection.tls === undefined ? {} : { tls: protection.tls }),
        ...(protection.connectionGuard === undefined ? {} : { connectionGuard: protection.connectionGuard })
      },
      health.isLeaving
    )
    announce("send events", `${url}/t/app_open?deviceid=abcdf&ts=123456&referrer=website`)
    return Effect.never
  })
}
