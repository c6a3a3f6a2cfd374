/** The settings of OpenTelemetry, with the names, units and defaults of its specification. */
import { Config, Redacted } from "effect"
import { optional, type Setting, secret, setting } from "../../../contracts/setting.ts"
import { choice, count, flag } from "../../../contracts/setting-readers.ts"

/** What is exported: each can go to a collector of its own. */
export const signals = ["TRACES", "METRICS", "LOGS"] as const
export type Signal = (typeof signals)[number]

const protocol = choice(["http/protobuf", "http/json"])
const exporter = choice(["otlp", "none"])

const sdkDisabled = setting("OTEL_SDK_DISABLED", flag, false, "true: export nothing to OpenTelemetry.")
const endpoint = optional(
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  Config.String,
  "URL of an OpenTelemetry collector (OTLP over HTTP), like http://collector:4318; traces, metrics and logs go to /v1/traces, /v1/metrics and /v1/logs below it. Unset: nothing is exported."
)
const baseProtocol = setting(
  "OTEL_EXPORTER_OTLP_PROTOCOL",
  protocol,
  "http/protobuf",
  "How OTLP is written; grpc is not supported."
)
const headers = secret(
  "OTEL_EXPORTER_OTLP_HEADERS",
  "Headers of each export, as name=value, separated by commas, with values percent-encoded: authorization=Bearer%20abc."
)
const timeout = setting(
  "OTEL_EXPORTER_OTLP_TIMEOUT",
  count(1, 600_000, "10000"),
  10_000,
  "How long the collector may take to answer an export, milliseconds."
)
const compression = setting(
  "OTEL_EXPORTER_OTLP_COMPRESSION",
  choice(["none", "gzip"]),
  "none",
  "How exports are compressed."
)
const certificate = optional(
  "OTEL_EXPORTER_OTLP_CERTIFICATE",
  Config.String,
  "Not supported: name the file with the collector's CA in NODE_EXTRA_CA_CERTS (Deno: DENO_CERT) instead."
)
const serviceName = optional(
  "OTEL_SERVICE_NAME",
  Config.String,
  "The name of this service in traces, metrics and logs. Unset: service.name of OTEL_RESOURCE_ATTRIBUTES, else spoor-<actor>, or spoor for several actors."
)
const resourceAttributes = optional(
  "OTEL_RESOURCE_ATTRIBUTES",
  Config.String,
  "Attributes of this process, as name=value, separated by commas, with values percent-encoded: deployment.environment.name=test."
)
const sampler = setting(
  "OTEL_TRACES_SAMPLER",
  choice([
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
    "always_on",
    "always_off",
    "traceidratio"
  ]),
  "parentbased_always_on",
  "Which traces are recorded; parentbased: as the parent span says, and of those without a parent all, none or a share."
)
const samplerArg = optional(
  "OTEL_TRACES_SAMPLER_ARG",
  Config.String,
  "The share of traces that traceidratio records, 0 to 1. Unset: 1."
)
const metricInterval = setting(
  "OTEL_METRIC_EXPORT_INTERVAL",
  count(1, 86_400_000, "60000"),
  60_000,
  "How often metrics are exported, milliseconds."
)
const temporality = setting(
  "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
  choice(["cumulative", "delta"]),
  "cumulative",
  "Whether counters are exported as totals since the start, or as the change since the last export."
)
const spanDelay = setting(
  "OTEL_BSP_SCHEDULE_DELAY",
  count(1, 600_000, "5000"),
  5_000,
  "How often spans are exported, milliseconds."
)
const logDelay = setting(
  "OTEL_BLRP_SCHEDULE_DELAY",
  count(1, 600_000, "1000"),
  1_000,
  "How often logs are exported, milliseconds."
)

const exporterOf = (signal: Signal) =>
  setting(
    `OTEL_${signal}_EXPORTER`,
    exporter,
    "otlp",
    `none: do not export ${signal.toLowerCase()}; other exporters are not supported.`
  )
const endpointOf = (signal: Signal) =>
  optional(
    `OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`,
    Config.String,
    `URL for ${signal.toLowerCase()}, used as it is. Unset: that of OTEL_EXPORTER_OTLP_ENDPOINT.`
  )
const protocolOf = (signal: Signal) =>
  optional(
    `OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`,
    protocol,
    `How ${signal.toLowerCase()} are written. Unset: as OTEL_EXPORTER_OTLP_PROTOCOL.`
  )
const headersOf = (signal: Signal) =>
  secret(
    `OTEL_EXPORTER_OTLP_${signal}_HEADERS`,
    `Headers of exports of ${signal.toLowerCase()}. Unset: those of OTEL_EXPORTER_OTLP_HEADERS.`
  )

/** The settings that all signals share, by the name that `exportPlan` reads them by. */
export const sharedSettings = {
  sdkDisabled,
  endpoint,
  protocol: baseProtocol,
  headers,
  timeout,
  compression,
  certificate,
  serviceName,
  resourceAttributes,
  sampler,
  samplerArg,
  metricInterval,
  temporality,
  spanDelay,
  logDelay
}

/** The settings of one signal. */
export const signalSettings = (signal: Signal) => bySignal[signal]

const settingsOf = (signal: Signal) => ({
  exporter: exporterOf(signal),
  endpoint: endpointOf(signal),
  protocol: protocolOf(signal),
  headers: headersOf(signal)
})
const bySignal = {
  TRACES: settingsOf("TRACES"),
  METRICS: settingsOf("METRICS"),
  LOGS: settingsOf("LOGS")
}

export const telemetrySettings: ReadonlyArray<Setting<unknown>> = [
  ...Object.values(sharedSettings),
  ...signals.flatMap((signal) => Object.values(bySignal[signal]))
]

/** The value of a secret; undefined when it is not set. */
export const revealed = (value: Redacted.Redacted<string> | undefined): string | undefined =>
  value === undefined ? undefined : Redacted.value(value)
