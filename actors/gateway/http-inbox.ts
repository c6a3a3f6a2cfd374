/**
 * Messages that are events sent over HTTP: the gateway's app, served on GATEWAY_PORT, with the lines of many requests
 * in one message. A request is answered when its message is. On stop, requests under way are answered first.
 */
import { Clock, Effect } from "effect"
import type { CampaignLinks } from "../../bridge/campaign-links/service.ts"
import { eventIdParam } from "../../contracts/client-event-id.ts"
import type { ByteString } from "../../contracts/event.ts"
import { readAll } from "../../contracts/setting.ts"
import { gatewayApp } from "../../gateway/app.ts"
import { bodyLimitsOf, bodySettings } from "../../gateway/http/body/limits.ts"
import { believedAddressHeaders, trustedProxies } from "../../gateway/http/proxy-settings.ts"
import { pushBatch, standardLimits } from "../../gateway/push-batcher.ts"
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
import { makeProtection, protectionSettings } from "./guard-layer.ts"
import { linksSettings, makeLinks } from "./links.ts"

export const httpEvents: Inbox<ReadonlyArray<ByteString>, void, CampaignLinks> = {
  describes: "events over HTTP",
  settings: [
    gatewayPort,
    gatewayHost,
    gatewayMaxPending,
    gatewayMetrics,
    trustedProxies,
    believedAddressHeaders,
    podName,
    eventIdParam,
    ...Object.values(bodySettings),
    ...linksSettings,
    ...protectionSettings
  ],
  open: Effect.fnUntraced(function* (mailbox) {
    const { health, announce, meter } = yield* Self
    const settings = yield* readAll({
      gatewayPort,
      gatewayHost,
      gatewayMaxPending,
      gatewayMetrics,
      trustedProxies,
      addressHeaders: believedAddressHeaders,
      podName,
      eventIdParam,
      ...bodySettings
    })
    const protection = yield* makeProtection
    const links = yield* makeLinks
    const clock = yield* Clock.Clock
    const run = Effect.runPromiseWith(yield* Effect.context<never>())

    const push = (lines: ReadonlyArray<ByteString>): Promise<void> =>
      run(mailbox.deliver(lines, { events: lines.length }))
    const lines = pushBatch(push, {
      ...standardLimits,
      pushes: mailbox.limits.concurrency,
      pendingLines: settings.gatewayMaxPending
    })
    yield* Effect.addFinalizer(() => Effect.promise(() => lines.drain()))

    const ready = yield* makePublicReady(health)
    const app = gatewayApp({
      push: lines.add,
      settings,
      bodyLimits: { ...bodyLimitsOf(settings), reserve: protection.bodyRoom.reserve },
      countRejected: (events, dialect) => Effect.runFork(meter.count("rejected", events, dialect)),
      ...protection.options,
      links,
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
        ...(protection.door === undefined ? {} : { door: protection.door })
      },
      health.isLeaving
    )
    announce("send events", `${url}/t/app_open?deviceid=abcdf&ts=123456&referrer=website`)
    return Effect.never
  })
}
