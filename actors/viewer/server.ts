/** The viewer's pages, data and socket on VIEWER_PORT, until the scope closes. */
import { Effect, Redacted } from "effect"
import { IngestQueue } from "../../bridge/ingest-queue/service.ts"
import { MessageBus } from "../../bridge/message-bus/service.ts"
import { kafkaKeyParam } from "../../bridge/settings.ts"
import type { Failure } from "../../contracts/failure.ts"
import { readAll } from "../../contracts/setting.ts"
import type { FindAddress } from "../../gateway/http/client-address.ts"
import { clientAddress, trustedProxies as trusting } from "../../gateway/http/client-address.ts"
import { addressHeadersSetting, trustedProxies } from "../../gateway/http/proxy-settings.ts"
import { makeMonitor } from "../inspect/pipeline/monitor.ts"
import {
  listenAddress,
  viewerHost,
  viewerPassword,
  viewerPort,
  viewerToken,
  viewerUser
} from "../inspect/viewer-settings.ts"
import { Self } from "../runtime/actor-context.ts"
import { served } from "../runtime/http-server.ts"
import { answerLive, makePublicReady } from "../runtime/ops-server.ts"
import { makeProxyCheck } from "../runtime/proxy-check.ts"
import { topicSettings } from "../transform/topics.ts"
import { viewerApp } from "./app.ts"
import { type Credentials, credentials } from "./auth/credentials.ts"
import { counters, makeCounted } from "./counters.ts"
import { makeDeadLetterService } from "./dead-letters/service.ts"
import { type Past, pastSettings } from "./history/service.ts"
import type { LiveFeed } from "./live/feed.ts"

export const viewerSettings = [
  viewerPort,
  viewerHost,
  viewerUser,
  viewerPassword,
  viewerToken,
  trustedProxies,
  addressHeadersSetting,
  ...topicSettings,
  kafkaKeyParam,
  ...pastSettings
]

/** Serves what the feed, the store and the queues hold. Fails when the port cannot be had, or others could look in unasked. */
export const serveViewer = Effect.fnUntraced(function* (feed: LiveFeed, past: Past) {
  const counted = yield* makeCounted
  const accounts = yield* makeDeadLetterService
  const { health, announce } = yield* Self
  const monitor = yield* makeMonitor({
    bus: yield* MessageBus,
    ...(yield* IngestQueue),
    health,
    pollsWhileIdle: true
  })
  const { port, host } = yield* readAll({ port: viewerPort, host: viewerHost })
  const auth = yield* readAuth
  const hostname = yield* Effect.try({
    try: () => listenAddress(host, auth !== undefined),
    catch: (cause) => cause as Failure
  })
  const ready = yield* makePublicReady(health)
  const app = viewerApp({
    feed,
    counters,
    ...counted,
    accounts,
    past,
    system: () => Effect.runPromise(monitor.view),
    status: () => Effect.runPromise(health.report),
    auth,
    addressOf: yield* readFindAddress,
    operations: {
      live: answerLive,
      ready: () => Effect.runPromise(ready)
    }
  })
  const url = yield* served({ port, hostname, ...app }, health.isLeaving)
  yield* Effect.addFinalizer(() => Effect.sync(app.end))
  announce("watch them", `${url}/`)
})

/** The secrets that let in; an empty one is none. */
const readAuth = Effect.map(
  readAll({ user: viewerUser, password: viewerPassword, token: viewerToken }),
  ({ user, password, token }): Credentials | undefined => {
    const known = password === undefined ? "" : Redacted.value(password)
    return credentials({
      login: known === "" ? undefined : { user, password: known },
      token: token === undefined ? undefined : Redacted.value(token) || undefined
    })
  }
)

/** Who asks, behind proxies that are trusted: found as the gateway does. */
const readFindAddress = Effect.gen(function* () {
  const settings = yield* readAll({ trustedProxies, addressHeadersSetting })
  const isTrusted = trusting(settings.trustedProxies)
  const checkProxy = yield* makeProxyCheck
  const find: FindAddress = (headers, peer) => {
    checkProxy(headers, peer)
    return clientAddress(headers, peer, isTrusted, settings.addressHeadersSetting)
  }
  return find
})
