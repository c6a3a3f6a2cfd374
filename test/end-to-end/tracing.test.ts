/**
 * Tracing as a user sees it, with an OTLP endpoint of the test's own: one trace from the request to the counter, metrics
 * by the names of /metrics, logs; nothing without an endpoint; and an endpoint that hangs. With a real collector:
 * `bun run deploy-test tracing`.
 */
import { describe, expect, test } from "bun:test"
import { eventually } from "../support/eventually.ts"
import { type OtlpEndpoint, startOtlpEndpoint } from "../support/otlp-endpoint.ts"
import { freePort } from "../support/server.ts"
import { type Environment, launch, ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736"
const clientSpan = "00f067aa0ba902b7"
const traceparent = `00-${traceId}-${clientSpan}-01`

const pipeline = ["gateway", "drainer", "enricher", "bridge", "event-counter"]

const exporting = (endpoint: OtlpEndpoint, more: Environment = {}): Environment =>
  ownSettings({
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=s3cret",
    OTEL_BSP_SCHEDULE_DELAY: "100",
    OTEL_BLRP_SCHEDULE_DELAY: "100",
    OTEL_METRIC_EXPORT_INTERVAL: "300",
    TRACE_PARAM: "traceparent",
    ...more
  })

const send = async (spoor: Spoor, type: string, headers: Record<string, string> = {}): Promise<number> =>
  (await fetch(new URL(`/t/${type}?a=1`, spoor.address("send events")), { headers })).status

test("one trace shows an event from the request to the counter, and metrics have the names of /metrics", async () => {
  const endpoint = await startOtlpEndpoint()
  const spoor = await startSpoor(pipeline, exporting(endpoint))
  const health = spoor.address("health")
  for (const path of ["/health/live", "/health/ready", "/metrics"]) await fetch(new URL(path, health))
  expect(await send(spoor, "buy", { traceparent, "x-forwarded-for": "198.51.100.77" })).toBe(200)
  const ofClient = () => endpoint.seen().spans.filter((span) => span.traceId === traceId)
  await eventually("the counter's span", () => ofClient().some(({ name }) => name === "event-counter"))
  await eventually("the batch's root", () => endpoint.seen().spans.some(({ name }) => name === "batch"))

  const nameOf = new Map(ofClient().map(({ spanId, name }) => [spanId, name]))
  const edges = (spans = ofClient()) =>
    spans.map(({ name, parentSpanId }) => `${name} <- ${nameOf.get(parentSpanId) ?? parentSpanId}`).toSorted()
  expect(edges()).toEqual(
    [
      `accept <- ${clientSpan}`,
      "drain <- accept",
      "enrich <- drain",
      "store <- enrich",
      "event-counter <- store"
    ].toSorted()
  )
  const others = endpoint.seen().spans.filter((span) => span.traceId !== traceId)
  expect(others.map(({ name }) => name).toSorted()).toEqual(
    ["ack", "append", "batch", "claim", "enrich", "event-counter", "store"].toSorted()
  )
  expect(others.find(({ name }) => name === "batch")?.links.map((link) => link.traceId)).toEqual([traceId])

  const names = async (): Promise<ReadonlyArray<string>> => {
    const text = await (await fetch(new URL("/metrics", health))).text()
    return [...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1] ?? "")
  }
  const shown = await names()
  expect(shown).toContain("spoor_actor_events_total")
  const exported = () => new Set(endpoint.seen().metrics.map(({ name }) => name))
  await eventually("every series", () => shown.every((name) => exported().has(name)))

  expect(await spoor.end()).toBe(0)
  const { logs, ...all } = endpoint.seen()
  expect(logs.map(({ body }) => body)).toContain("SIGTERM: draining")
  expect(new Set(endpoint.requests.map(({ headers }) => headers.authorization))).toEqual(new Set(["s3cret"]))
  const text = JSON.stringify({ logs, ...all })
  for (const hidden of ["s3cret", "198.51.100.77"]) expect(text).not.toContain(hidden)
  expect(spoor.output()).not.toContain("s3cret")
  await endpoint.stop()
})

test("a failed batch is logged with the ids of its trace, in JSON and by OTLP", async () => {
  const endpoint = await startOtlpEndpoint()
  // NATS that nobody serves: the batch is released.
  const NATS_URL = `nats://127.0.0.1:${await freePort()}`
  const settings = exporting(endpoint, { NATS_URL, LOG_LEVEL: "Debug" })
  const spoor = await startSpoor(["gateway", "drainer"], settings)
  expect(await send(spoor, "buy")).toBe(200)
  const log = await eventually("the log line", () =>
    endpoint.seen().logs.find(({ body, spanId }) => String(body).startsWith("batch released") && spanId)
  )
  const batch = await eventually("its span", () =>
    endpoint.seen().spans.find(({ spanId }) => spanId === log.spanId)
  )
  expect([batch.name, batch.traceId]).toEqual(["batch", log.traceId])
  expect(log.attributes).toMatchObject({ actor: "drainer", reason: "unavailable" })
  const printed =
    spoor
      .output()
      .split("\n")
      .find((line) => line.includes("batch released") && line.includes("span_id")) ?? "{}"
  expect(JSON.parse(printed)).toMatchObject({ trace_id: log.traceId, span_id: log.spanId })
  await spoor.end("SIGKILL")
  await endpoint.stop()
})

test("an endpoint that hangs delays no event and no end, and is one log line", async () => {
  const endpoint = await startOtlpEndpoint(() => undefined)
  const spoor = await startSpoor(pipeline, exporting(endpoint, { OTEL_EXPORTER_OTLP_TIMEOUT: "500" }))
  const begun = performance.now()
  for (let i = 0; i < 20; i++) expect(await send(spoor, "buy", { traceparent })).toBe(200)
  expect(performance.now() - begun).toBeLessThan(10_000)
  const about = () =>
    spoor
      .output()
      .split("\n")
      .filter((line) => line.includes("OpenTelemetry collector"))
  await eventually("the line", () => about().length > 0)
  expect(about()).toHaveLength(1)
  const stopping = performance.now()
  expect(await spoor.end()).toBe(0)
  expect(performance.now() - stopping).toBeLessThan(15_000)
  await endpoint.stop()
})

describe("settings that cannot work end the start with one sentence", () => {
  const cases: ReadonlyArray<readonly [Environment, string]> = [
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, "OTEL_EXPORTER_OTLP_PROTOCOL"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://me:s3cret@127.0.0.1:4318" }, "OTEL_EXPORTER_OTLP_HEADERS"]
  ]
  for (const [more, name] of cases)
    test(name, async () => {
      const settings = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318", ...more }
      const { output, ended } = launch(["enricher"], ownSettings(settings))
      expect(await ended).toBe(78)
      expect(output().trim().split("\n")).toHaveLength(1)
      expect(output()).toStartWith("spoor: ")
      expect(output()).toContain(name)
      expect(output()).not.toContain("s3cret")
    })
})
