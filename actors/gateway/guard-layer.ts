/** Builds the gateway's guards and privacy from its settings. */
import { Duration, Effect, type Scope } from "effect"
import { openRateShare, rateShareSettings } from "../../bridge/rate-share/layer.ts"
import { readTopics, topicSettings } from "../../bridge/topics.ts"
import { openVisitorSalts, visitorSaltsSettings } from "../../bridge/visitor-salts/layer.ts"
import { Failure } from "../../contracts/failure.ts"
import { readAll } from "../../contracts/setting.ts"
import type { GatewayOptions } from "../../gateway/app.ts"
import type { BodyMemory } from "../../gateway/guard/body-memory.ts"
import type { CountRefused } from "../../gateway/guard/refusal-counter.ts"
import * as Guarding from "../../gateway/guard/settings.ts"
import { gatewayBodyTimeout } from "../../gateway/http/body/limits.ts"
import { closesSlowClients, supportsPipelining } from "../../gateway/http/runtime.ts"
import type { ConnectionGuardLimits, ServeOptions } from "../../gateway/http/server-types.ts"
import * as Private from "../../gateway/privacy/settings.ts"
import { readCors, readGuards, readPrivacy } from "../../gateway/protection.ts"
import { corsCredentials, corsOrigins, tlsCert, tlsKey } from "../../gateway/settings.ts"
import type { StartFailure } from "../runtime/actor.ts"
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
  const { privacy, headers } = yield* readPrivacy(topics, figures.countPrivacy, visitorSalts)
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

/** A monotonic clock, milliseconds. */
const monotonicNow = (): number => performance.now()

const guards = Effect.fnUntraced(function* ({ countRefused }: EdgeFigures) {
  const guard = yield* readGuards(yield* findWriteKey, countRefused, monotonicNow)
  const { limits, isShared } = guard
  if (isShared && limits.tables.length > 0) {
    const share = yield* openRateShare
    yield* Effect.forkScoped(syncRateLimits(share, limits.tables, monotonicNow))
  }
  return guard
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

/** Opens the salts and refreshes them until the scope closes. */
const visitorSalts = Effect.gen(function* () {
  const { saltOf, refresh } = cachedSalts(yield* openVisitorSalts)
  yield* refresh
  return saltOf
})

const misconfigured = (message: string): Failure => new Failure({ reason: "misconfigured", message })
