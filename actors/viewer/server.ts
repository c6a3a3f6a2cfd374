/** The viewer's server: pages, data and the live socket on VIEWER_PORT, until the scope closes. */
import { Effect, Redacted, type Scope } from "effect"
import { IngestQueue } from "../../bridge/ingest-queue/service.ts"
import { MessageBus } from "../../bridge/message-bus/service.ts"
import { kafkaKeyParam } from "../../bridge/settings.ts"
import type { Failure } from "../../contracts/failure.ts"
import { readAll } from "../../contracts/setting.ts"
import type { FindAddress } from "../../gateway/http/client-address.ts"
import { clientAddress, trustedProxies as trusting } from "../../gateway/http/client-address.ts"
import { addressHeadersSetting, trustedProxies } from "../../gateway/http/proxy-settings.ts"
import { makeMonitor } from "../inspect/pipeline/monitor.ts"
import { vapidPublicKey } from "../inspect/push-settings.ts"
import {
  listenAddress,
  viewerHost,
  viewerPassword,
  viewerPort,
  viewerToken,
  viewerUser
} from "../inspect/viewer-settings.ts"
import { deliverFor, renderSettings, rulesFile } from "../rules/settings.ts"
import type { SettingsCheck, StartFailure } from "../runtime/actor.ts"
import { Self } from "../runtime/actor-context.ts"
import { served } from "../runtime/http-server.ts"
import { answerLive, makePublicReady } from "../runtime/ops-server.ts"
import { makeProxyCheck } from "../runtime/proxy-check.ts"
import { replaceableSecret } from "../runtime/replaceable-secret.ts"
import { topicSettings } from "../transform/topics.ts"
import { viewerApp } from "./app.ts"
import { type Credentials, credentials, type Secrets } from "./auth/credentials.ts"
import { counters, makeCounterTables } from "./counters.ts"
import { makeDeadLetterService } from "./dead-letters/service.ts"
import { type History, historySettings, readGatewayUrl } from "./history/service.ts"
import { makeLedgerService } from "./ledger.ts"
import type { LiveFeed } from "./live/feed.ts"
import { makePushService } from "./push/service.ts"
import { makeReactionService } from "./reactions/service.ts"

export const viewerSettings = [
  viewerPort,
  viewerHost,
  viewerUser,
  viewerPassword,
  viewerToken,
  vapidPublicKey,
  trustedProxies,
  addressHeadersSetting,
  ...topicSettings,
  kafkaKeyParam,
  rulesFile,
  deliverFor,
  ...renderSettings,
  ...historySettings
]

/** Starts the server. Fails when the port is in use, or when other machines could connect without credentials. */
export const serveViewer = Effect.fnUntraced(function* (feed: LiveFeed, history: History) {
  const { health, announce } = yield* Self
  const monitor = yield* makeMonitor({
    bus: yield* MessageBus,
    ...(yield* IngestQueue),
    health,
    pollsWhileIdle: true
  })
  const port = yield* viewerPort.config
  const auth = yield* readAuth
  const hostname = yield* readListenAddress
  const ready = yield* makePublicReady(health)
  const app = viewerApp({
    feed,
    counters,
    counterTables: yield* makeCounterTables,
    ledger: yield* makeLedgerService,
    deadLetters: yield* makeDeadLetterService,
    reactions: yield* makeReactionService,
    push: yield* makePushService,
    history,
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
  yield* Effect.addFinalizer(() => Effect.sync(app.close))
  announce("watch them", `${url}/`)
})

/** The address to listen on. Fails when other machines could connect without credentials. */
const readListenAddress = Effect.gen(function* () {
  const { host, password, token } = yield* readAll({
    host: viewerHost,
    password: viewerPassword,
    token: viewerToken
  })
  const hasSecret = [password, token].some((one) => one !== undefined && Redacted.value(one) !== "")
  return yield* Effect.try({
    try: () => listenAddress(host, hasSecret),
    catch: (cause) => cause as Failure
  })
})

/** The checks of the viewer's settings. */
export const viewerChecks: ReadonlyArray<SettingsCheck> = [readListenAddress, readGatewayUrl]

/** The credentials of the moment; an empty secret counts as not set. */
const readAuth: Effect.Effect<Credentials | undefined, StartFailure, Scope.Scope> = Effect.gen(function* () {
  const user = yield* viewerUser.config
  const password = yield* replaceableSecret(viewerPassword)
  const token = yield* replaceableSecret(viewerToken)
  const secrets = (): Secrets => {
    const [passwordNow, tokenNow] = [password.value(), token.value()]
    return { login: passwordNow === undefined ? undefined : { user, password: passwordNow }, token: tokenNow }
  }
  const first = credentials(secrets())
  return first === undefined
    ? undefined
    : {
        challenge: first.challenge,
        check: (request) => credentials(secrets())?.check(request) ?? "none"
      }
})

/** Finds the client's address behind trusted proxies, as the gateway does. */
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
