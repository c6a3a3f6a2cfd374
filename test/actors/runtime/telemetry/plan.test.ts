/** What is exported by which OTEL_* settings; settings that cannot work fail with one sentence, without secrets. */
import { describe, expect, test } from "bun:test"
import { ConfigProvider, Effect, Exit } from "effect"
import { exportPlan } from "../../../../actors/runtime/telemetry/plan.ts"

const planOf = (settings: Record<string, string>) =>
  Effect.runPromiseExit(
    Effect.provide(exportPlan, ConfigProvider.layer(ConfigProvider.fromEnv({ env: settings })))
  )
const worked = async (settings: Record<string, string>) => {
  const exit = await planOf(settings)
  if (Exit.isFailure(exit)) throw new Error(String(exit.cause))
  return exit.value
}
const refused = async (settings: Record<string, string>): Promise<string> =>
  String(JSON.stringify(await planOf(settings)))

const endpoint = "http://collector:4318"
const at = (more: Record<string, string> = {}) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...more })

describe("nothing is exported", () => {
  test("without an endpoint, whatever else is set", async () => {
    expect(await worked({})).toBeUndefined()
    expect(await worked({ OTEL_SERVICE_NAME: "x", OTEL_TRACES_SAMPLER: "always_on" })).toBeUndefined()
  })

  test("with OTEL_SDK_DISABLED, or with no exporter", async () => {
    expect(await worked(at({ OTEL_SDK_DISABLED: "true" }))).toBeUndefined()
    const none = { OTEL_TRACES_EXPORTER: "none", OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none" }
    expect(await worked(at(none))).toBeUndefined()
  })
})

test("one endpoint serves all signals below its path, with the defaults of the specification", async () => {
  const plan = await worked(at({ OTEL_EXPORTER_OTLP_ENDPOINT: `${endpoint}/otlp/` }))
  expect(plan?.destinations).toEqual({
    TRACES: { url: `${endpoint}/otlp/v1/traces`, isJson: false, headers: {} },
    METRICS: { url: `${endpoint}/otlp/v1/metrics`, isJson: false, headers: {} },
    LOGS: { url: `${endpoint}/otlp/v1/logs`, isJson: false, headers: {} }
  })
  expect(plan).toMatchObject({
    serviceName: undefined,
    compression: "none",
    temporality: "cumulative",
    ...{ timeoutMs: 10_000, metricIntervalMs: 60_000, spanDelayMs: 5_000, logDelayMs: 1_000 }
  })
})

test("a signal's own endpoint is used as it is, with its own protocol and headers", async () => {
  const plan = await worked({
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://traces.example/in",
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_HEADERS: "a=1",
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: " authorization = Basic%20abc%3D, x-team=one=two "
  })
  expect(plan?.destinations).toEqual({
    TRACES: {
      url: "https://traces.example/in",
      isJson: true,
      headers: { authorization: "Basic abc=", "x-team": "one=two" }
    }
  })
})

test("the service is named by OTEL_SERVICE_NAME, else by the attributes", async () => {
  const OTEL_RESOURCE_ATTRIBUTES = "service.name=shop%20events,team=a"
  expect((await worked(at({ OTEL_RESOURCE_ATTRIBUTES })))?.serviceName).toBe("shop events")
  expect((await worked(at({ OTEL_RESOURCE_ATTRIBUTES, OTEL_SERVICE_NAME: "x" })))?.serviceName).toBe("x")
})

const wrong: ReadonlyArray<readonly [string, Record<string, string>, string]> = [
  ["gRPC", { OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, "http/protobuf or http/json"],
  ["gRPC for logs", { OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: "grpc" }, "http/protobuf or http/json"],
  ["another exporter", { OTEL_TRACES_EXPORTER: "zipkin" }, "otlp or none"],
  ["another sampler", { OTEL_TRACES_SAMPLER: "jaeger_remote" }, "traceidratio"],
  ["a share above 1", { OTEL_TRACES_SAMPLER_ARG: "1.5" }, "number from 0 to 1"],
  ["no number", { OTEL_TRACES_SAMPLER_ARG: "half" }, "number from 0 to 1"],
  ["a certificate", { OTEL_EXPORTER_OTLP_CERTIFICATE: "/ca.pem" }, "NODE_EXTRA_CA_CERTS"],
  ["no URL", { OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" }, "http or https URL"],
  ["headers without =", { OTEL_EXPORTER_OTLP_HEADERS: "s3cret" }, "pairs name=value"],
  ["headers with a bad escape", { OTEL_EXPORTER_OTLP_HEADERS: "a=s3cret%" }, "pairs name=value"],
  [
    "a password in the URL",
    { OTEL_EXPORTER_OTLP_ENDPOINT: "http://me:s3cret@c:1" },
    "OTEL_EXPORTER_OTLP_HEADERS"
  ],
  ["an interval of 0", { OTEL_METRIC_EXPORT_INTERVAL: "0" }, "1 to 86400000"]
]
for (const [what, settings, sentence] of wrong)
  test(`is refused with a sentence: ${what}`, async () => {
    const text = await refused(at(settings))
    expect(text).toContain(sentence)
    expect(text).not.toContain("s3cret")
  })
