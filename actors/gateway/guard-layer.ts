/** Builds the gateway's guards and privacy from its settings. */
import { Duration, Effect, type Scope } from "effect"
import { openRateShare, rateShareSettings } from "../../bridge/rate-share/layer.ts"
import { openVisitorSalts, visitorSaltsSettings } from "../../bridge/visitor-salts/layer.ts"
import { Failure } from "../../contracts/failure.ts"
import { readAll } from "../../contracts/setting.ts"
import { topicOfHost } from "../../contracts/wire/line.ts"
import type { GatewayOptions } from "../../gateway/app.ts"
import { type BodyMemory, bodyMemory } from "../../gateway/guard/body-memory.ts"
import { guardsOf } from "../../gateway/guard/chain.ts"
import { limitInFlight } from "../../gateway/guard/concurrency-limit.ts"
import { rateLimits } from "../../gateway/guard/rate-limits.ts"
import type { CountRefused } from "../../gateway/guard/refusal-counter.ts"
import * as Guarding from "../../gateway/guard/settings.ts"
import { gatewayBodyTimeout } from "../../gateway/http/body/limits.ts"
import { corsOf } from "../../gateway/http/cors.ts"
import { closesSlowClients, supportsPipelining } from "../../gateway/http/runtime.ts"
import type { ConnectionGuardLimits, ServeOptions } from "../../gateway/http/server-types.ts"
import { privacyOf } from "../../gateway/privacy/privacy.ts"
import * as Private from "../../gateway/privacy/settings.ts"
import { policies, topicsOf } from "../../gateway/privacy/signals.ts"
import { addVisitor } from "../../gateway/privacy/visitor-id.ts"
import { corsCredentials, corsOrigins, tlsCert, tlsKey } from "../../gateway/settings.ts"
import type { StartFailure } from "../runtime/actor.ts"
import { lineSettingsOf, readTopics, type Topics, topicSettings } from "../transform/topics.ts"
import { certificate } from "./certificate.ts"
import { type EdgeFigures, edgeFigures } from "./metrics.ts"
import { syncRateLimits } from "./sync-rate-limits.ts"
import { cachedSalts } from "./visitor-salts.ts"
import { findWriteKey } from "./write-keys.ts"

export interface Protection {
  readonly options: Required<
    Pick<
      GatewayOptions,
      | "countResponse"
      | "guards"
      | "middleware"
      | "consumeTokens"
      | "splitPathKey"
      | "withoutKey"
      | "privacy"
      | "cors"
    >
  >
  readonly countRefused: CountRefused
  readonly bodyMemory: BodyMemory
  readonly tls: ServeOptions["tls"] | undefined
  readonly connectionGuard: ConnectionGuardLimits | undefined
}

/** The settings that `makeProtection` reads. */
export const protectionSettings = [
  corsOrigins,
  corsCredentials,
  tlsCert,
  tlsKey,
  ...Guarding.guardSettings,
  ...Private.privacySettings,
  ...topicSettings,
  ...rateShareSettings,
  ...visitorSaltsSettings
]

/**
 * Reads the settings and, where they require it, synchronises state with other gateways until the scope closes. Fails with
 * one sentence for invalid settings. A feature that is off is undefined and costs nothing.
 */
export const makeProtection: Effect.Effect<Protection, StartFailure, Scope.Scope> = Effect.gen(function* () {
  const figures = yield* edgeFigures
  const topics = yield* readTopics
  const guard = yield* guards(figures)
  const { privacy, headers } = yield* privateEvents(figures, topics)
  const cors = yield* readCors(headers)
  const tls = yield* certificate
  const { countResponse, countRefused } = figures
  const connectionGuard = yield* connectionLimits(countRefused)
  return {
    options: { ...guard.options, privacy, cors, countResponse },
    countRefused,
    bodyMemory: guard.memory,
    tls,
    connectionGuard
  }
})

/** The rules for pages of other origins; `headers`: more headers that they may send. */
export const readCors = Effect.fnUntraced(function* (headers: ReadonlyArray<string>) {
  const settings = yield* readAll({ corsOrigins, corsCredentials })
  return yield* orFail(() => corsOf({ ...settings, headers }))
})

/** A monotonic clock, milliseconds. */
const monotonicNow = (): number => performance.now()

const guards = Effect.fnUntraced(function* ({ countRefused }: EdgeFigures) {
  const settings = yield* readAll({
    perAddress: Guarding.rateLimitPerAddress,
    perKey: Guarding.rateLimitPerKey,
    isShared: Guarding.rateLimitShared,
    maxBodyBytes: Guarding.gatewayMaxBodyBytes,
    maxPerAddress: Guarding.gatewayMaxPerAddress
  })
  const { perAddress, perKey, isShared, maxPerAddress, maxBodyBytes } = settings
  const find = yield* findWriteKey
  const limits = rateLimits({ perAddress, perKey, isShared, countRefused, now: monotonicNow })
  if (isShared && limits.tables.length > 0) {
    const share = yield* openRateShare
    yield* Effect.forkScoped(syncRateLimits(share, limits.tables, monotonicNow))
  }
  return {
    options: {
      ...guardsOf(limits, find, countRefused),
      middleware: maxPerAddress === undefined ? undefined : limitInFlight(maxPerAddress, countRefused)
    },
    memory: bodyMemory(maxBodyBytes, countRefused)
  }
})

/** Time to send the response to a body that did not arrive in time, milliseconds. */
const responseTimeMs = 5_000

/** Undefined where no connection guard is needed: it costs a third to a half of the gateway's throughput. */
export const connectionLimits = Effect.fnUntraced(function* (countRefused: CountRefused) {
  const settings = yield* readAll({
    cert: tlsCert,
    maxConnections: Guarding.gatewayMaxConnections,
    pipelining: Guarding.gatewayPipelining,
    body: gatewayBodyTimeout
  })
  const isTls = settings.cert !== undefined
  const serializes = settings.pipelining && !supportsPipelining
  if (serializes && isTls) {
    return yield* misconfigured(
      "GATEWAY_PIPELINING does not work with TLS_CERT on Bun: run the gateway on Deno, or terminate TLS in a proxy."
    )
  }
  const { maxConnections } = settings
  if (maxConnections === undefined && !isTls && !serializes && closesSlowClients) return undefined
  const requestTimeoutMs = Duration.toMillis(settings.body) + responseTimeMs
  return { maxConnections, requestTimeoutMs, countRefused } satisfies ConnectionGuardLimits
})

/** What PRIVACY_SIGNALS says; fails for a topic that is not one of this installation's. */
export const readSignals = Effect.gen(function* () {
  const signals = yield* Private.privacySignals.config
  const topics = yield* readTopics
  const unknown = topicsOf(signals).find((topic) => !topics.all.some((known) => known === topic))
  if (unknown !== undefined) {
    return yield* misconfigured(
      `PRIVACY_SIGNALS has the topic "${unknown}", which is neither KAFKA_TOPIC nor in KAFKA_TOPICS.`
    )
  }
  return signals
})

const privateEvents = Effect.fnUntraced(function* ({ countPrivacy }: EdgeFigures, topics: Topics) {
  const signals = yield* readSignals
  const settings = yield* readAll({
    mask: Private.addressMask,
    anonymousHeader: Private.anonymousHeader,
    visitorId: Private.visitorId
  })
  const headers = settings.anonymousHeader?.split(",").map((name) => name.trim()) ?? []
  const privacy = privacyOf({
    policy: policies(signals, topics.standard),
    topicOfHost: topics.fromHost === true ? (host) => topicOfHost(host, lineSettingsOf(topics)) : undefined,
    mask: settings.mask,
    anonymousHeaders: headers,
    visitor: settings.visitorId === "off" ? undefined : addVisitor(yield* visitorSalts),
    count: countPrivacy
  })
  return { privacy, headers }
})

/** Opens the salts and refreshes them until the scope closes. */
const visitorSalts = Effect.gen(function* () {
  const { saltOf, refresh } = cachedSalts(yield* openVisitorSalts)
  yield* refresh
  return saltOf
})

const misconfigured = (message: string): Failure => new Failure({ reason: "misconfigured", message })

/** An effect that fails with the `Failure` that `work` throws. */
const orFail = <A>(work: () => A): Effect.Effect<A, Failure> =>
  Effect.try({
    try: work,
    catch: (cause) => (cause instanceof Failure ? cause : misconfigured(String(cause)))
  })
