/** The viewer's pages, data and socket on VIEWER_PORT, until the scope closes. */
import { Cause, Effect, Exit, Redacted } from "effect"
import { ProjectionStore } from "../../bridge/projection-store/service.ts"
import { kafkaKeyParam } from "../../bridge/settings.ts"
import type { Failure } from "../../contracts/failure.ts"
import { readAll } from "../../contracts/setting.ts"
import { answerLive, answerMetrics, makePublicReady } from "../system/ops-server.ts"
import { Self } from "../system/self.ts"
import { served } from "../system/served.ts"
import { topicSettings } from "../system/topics.ts"
import { makeAccounts } from "./accounts.ts"
import { viewerApp } from "./app.ts"
import { basicAuth } from "./basic-auth.ts"
import { counters, readTables } from "./counters.ts"
import type { LiveFeed } from "./live-feed.ts"
import { type Past, pastSettings } from "./past/past.ts"
import { listenAddress, viewerHost, viewerPassword, viewerPort, viewerUser } from "./settings.ts"

export const viewerSettings = [
  viewerPort,
  viewerHost,
  viewerUser,
  viewerPassword,
  ...topicSettings,
  kafkaKeyParam,
  ...pastSettings
]

/** Serves what the feed, the store and the queues hold. Fails when the port cannot be had, or others could look in unasked. */
export const serveViewer = Effect.fnUntraced(function* (feed: LiveFeed, past: Past) {
  const store = yield* ProjectionStore
  const accounts = yield* makeAccounts
  const { health, announce } = yield* Self
  const { port, host, user, password } = yield* readAll({
    port: viewerPort,
    host: viewerHost,
    user: viewerUser,
    password: viewerPassword
  })
  const hostname = yield* Effect.try({
    try: () => listenAddress(host, password !== undefined),
    catch: (cause) => cause as Failure
  })
  const ready = yield* makePublicReady(health)
  const app = viewerApp({
    feed,
    counters,
    tables: (name) => settled(readTables(store, name)),
    accounts,
    past,
    status: () => Effect.runPromise(health.report),
    auth: password === undefined ? undefined : basicAuth(user, Redacted.value(password)),
    operations: {
      live: answerLive,
      ready: () => Effect.runPromise(ready),
      metrics: () => Effect.runPromise(answerMetrics(health))
    }
  })
  announce("watch them", `${yield* served({ port, hostname, ...app }, health.isLeaving)}/`)
})

/** As a promise that rejects with the failure itself. */
const settled = async <A>(effect: Effect.Effect<A, Failure>): Promise<A> => {
  const exit = await Effect.runPromiseExit(effect)
  if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
  return exit.value
}
