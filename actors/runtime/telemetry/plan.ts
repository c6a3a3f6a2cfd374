/**
 * What a process exports to OpenTelemetry, from its settings: per signal the URL, headers and form. Checks everything that
 * the readers of the single settings cannot.
 */
import { Effect } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import { readAll } from "../../../contracts/setting.ts"
import { type Sampler, samplerOf } from "./sampler.ts"
import { revealed, type Signal, sharedSettings, signalSettings, signals } from "./settings.ts"

/** Where one signal goes. */
export interface Destination {
  readonly url: string
  readonly isJson: boolean
  readonly headers: Readonly<Record<string, string>>
}

export interface ExportPlan {
  readonly destinations: Readonly<Partial<Record<Signal, Destination>>>
  readonly serviceName: string | undefined
  readonly sampler: Sampler
  readonly compression: "gzip" | "none"
  readonly temporality: "cumulative" | "delta"
  /** All in milliseconds. */
  readonly timeoutMs: number
  readonly metricIntervalMs: number
  readonly spanDelayMs: number
  readonly logDelayMs: number
}

/**
 * The plan; undefined when nothing is exported: no endpoint, OTEL_SDK_DISABLED, or only exporters `none`. Fails with
 * `misconfigured` or a `ConfigError`, one sentence each.
 */
export const exportPlan = Effect.gen(function* () {
  const shared = yield* readAll(sharedSettings)
  if (shared.sdkDisabled) return undefined
  const destinations: Partial<Record<Signal, Destination>> = {}
  for (const signal of signals) {
    const own = yield* readAll(signalSettings(signal))
    const url = own.endpoint ?? (shared.endpoint === undefined ? undefined : below(shared.endpoint, signal))
    if (url === undefined || own.exporter === "none") continue
    const name = own.endpoint === undefined ? endpointName : `OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`
    yield* checkUrl(name, url)
    destinations[signal] = {
      url,
      isJson: (own.protocol ?? shared.protocol) === "http/json",
      headers: yield* pairsIn(
        own.headers === undefined ? "OTEL_EXPORTER_OTLP_HEADERS" : `OTEL_EXPORTER_OTLP_${signal}_HEADERS`,
        revealed(own.headers ?? shared.headers) ?? ""
      )
    }
  }
  if (Object.keys(destinations).length === 0) return undefined
  if (shared.certificate !== undefined)
    return yield* misconfigured(
      "OTEL_EXPORTER_OTLP_CERTIFICATE is not supported: name the file with the collector's CA in NODE_EXTRA_CA_CERTS (Deno: DENO_CERT)."
    )
  const attributes = yield* pairsIn("OTEL_RESOURCE_ATTRIBUTES", shared.resourceAttributes ?? "")
  const ratio = shared.samplerArg === undefined ? 1 : Number(shared.samplerArg)
  if (!(ratio >= 0 && ratio <= 1) || shared.samplerArg?.trim() === "")
    return yield* misconfigured("OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1, like 0.1.")
  return {
    destinations,
    serviceName: shared.serviceName ?? attributes["service.name"],
    sampler: samplerOf(shared.sampler, ratio),
    compression: shared.compression,
    temporality: shared.temporality,
    timeoutMs: shared.timeout,
    metricIntervalMs: shared.metricInterval,
    spanDelayMs: shared.spanDelay,
    logDelayMs: shared.logDelay
  } satisfies ExportPlan
})

const endpointName = "OTEL_EXPORTER_OTLP_ENDPOINT"

const misconfigured = (message: string): Effect.Effect<never, Failure> =>
  Effect.fail(new Failure({ reason: "misconfigured", message }))

/** The URL of a signal below the common one. */
const below = (url: string, signal: Signal): string => `${url.replace(/\/+$/, "")}/v1/${signal.toLowerCase()}`

/** The value is not repeated in the error: a URL may contain a password. */
const checkUrl = (name: string, text: string): Effect.Effect<void, Failure> => {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol))
    return misconfigured(`${name} must be an http or https URL, like http://collector:4318.`)
  return url.username === "" && url.password === ""
    ? Effect.void
    : misconfigured(
        `${name} contains a user or a password: put them in OTEL_EXPORTER_OTLP_HEADERS, like authorization=Basic%20dXNlcjpwYXNz.`
      )
}

/** `a=1,b=2` with percent-encoded values, as the specification writes headers and attributes. */
const pairsIn = (name: string, text: string): Effect.Effect<Record<string, string>, Failure> =>
  Effect.suspend(() => {
    const pairs: Record<string, string> = {}
    for (const entry of text.split(",")) {
      if (entry.trim() === "") continue
      const equals = entry.indexOf("=")
      const key = decoded(entry.slice(0, Math.max(equals, 0)))
      const value = decoded(entry.slice(equals + 1))
      if (!key || value === undefined)
        return misconfigured(
          `${name} must be pairs name=value, separated by commas, with values percent-encoded, like a=1,b=two%20words.`
        )
      pairs[key] = value
    }
    return Effect.succeed(pairs)
  })

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text.trim())
  } catch {
    return undefined
  }
}
