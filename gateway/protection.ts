/**
 * Write keys, guards, privacy and CORS rules from the settings: the same for the gateway actor and for a gateway at the
 * edge. Fails with one sentence for invalid settings. A feature that is off is undefined and costs nothing.
 */
import { type Config, Effect, Redacted } from "effect"
import { lineSettingsOf, readTopics, type Topics } from "../bridge/topics.ts"
import { Failure } from "../contracts/failure.ts"
import { readAll } from "../contracts/setting.ts"
import { topicOfHost } from "../contracts/wire/line.ts"
import type { Privacy } from "./accept-events.ts"
import { bodyMemory } from "./guard/body-memory.ts"
import { guardsOf } from "./guard/chain.ts"
import { limitInFlight } from "./guard/concurrency-limit.ts"
import { rateLimits } from "./guard/rate-limits.ts"
import type { CountRefused } from "./guard/refusal-counter.ts"
import * as Guarding from "./guard/settings.ts"
import { type FindKey, writeKeys } from "./guard/write-keys.ts"
import { corsOf } from "./http/cors.ts"
import { type CountPrivacy, privacyOf } from "./privacy/privacy.ts"
import * as Private from "./privacy/settings.ts"
import { policies, topicsOf } from "./privacy/signals.ts"
import { addVisitor, type SaltOf } from "./privacy/visitor-id.ts"
import { corsCredentials, corsOrigins } from "./settings.ts"

type SettingFailure = Failure | Config.ConfigError

/** The keys of WRITE_KEYS; undefined when anyone may send. */
export const readWriteKeys: Effect.Effect<FindKey | undefined, SettingFailure> = Effect.gen(function* () {
  const { list, perKey } = yield* readAll({
    list: Guarding.writeKeyList,
    perKey: Guarding.rateLimitPerKey
  })
  if (list === undefined) {
    return perKey === undefined
      ? undefined
      : yield* misconfigured("RATE_LIMIT_PER_KEY requires WRITE_KEYS: without them no request has a key.")
  }
  const topics = yield* readTopics
  const keys = writeKeys(Redacted.value(list), topics.standard, topics.allowed)
  return typeof keys === "string" ? yield* misconfigured(keys) : keys
})

/** The guards of requests; `now` is a monotonic clock, milliseconds. */
export const readGuards = Effect.fnUntraced(function* (
  find: FindKey | undefined,
  countRefused: CountRefused,
  now: () => number
) {
  const { perAddress, perKey, isShared, maxPerAddress, maxBodyBytes } = yield* readAll({
    perAddress: Guarding.rateLimitPerAddress,
    perKey: Guarding.rateLimitPerKey,
    isShared: Guarding.rateLimitShared,
    maxBodyBytes: Guarding.gatewayMaxBodyBytes,
    maxPerAddress: Guarding.gatewayMaxPerAddress
  })
  const limits = rateLimits({ perAddress, perKey, isShared, countRefused, now })
  return {
    isShared,
    limits,
    options: {
      ...guardsOf(limits, find, countRefused),
      middleware: maxPerAddress === undefined ? undefined : limitInFlight(maxPerAddress, countRefused)
    },
    memory: bodyMemory(maxBodyBytes, countRefused)
  }
})

/** The rules for pages of other origins; `headers`: more headers that they may send. */
export const readCors = Effect.fnUntraced(function* (headers: ReadonlyArray<string>) {
  const settings = yield* readAll({ corsOrigins, corsCredentials })
  return yield* Effect.try({
    try: () => corsOf({ ...settings, headers }),
    catch: (cause) => (cause instanceof Failure ? cause : misconfigured(String(cause)))
  })
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

/** Privacy, and the headers by which a client stays anonymous. `openSalts` is run only when VISITOR_ID is on. */
export const readPrivacy = Effect.fnUntraced(function* <E, R>(
  topics: Topics,
  count: CountPrivacy,
  openSalts: Effect.Effect<SaltOf, E, R>
): Effect.fn.Return<
  { readonly privacy: Privacy | undefined; readonly headers: ReadonlyArray<string> },
  SettingFailure | E,
  R
> {
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
    visitor: settings.visitorId === "off" ? undefined : addVisitor(yield* openSalts),
    count
  })
  return { privacy, headers }
})

const misconfigured = (message: string): Failure => new Failure({ reason: "misconfigured", message })
