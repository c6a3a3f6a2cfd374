/**
 * `bun run deploy-test tracing`: every actor as a process of its own on real Redis, NATS and Kafka, with a real
 * OpenTelemetry collector: what arrives there of one event and its batch, of logs and of metrics; and a collector that is
 * down while events arrive. Its last part takes a minute, since exporters pause for as long after a failure.
 */
import { randomBytes } from "node:crypto"
import { makeCluster, realServers } from "../../support/cluster.ts"
import { eventually } from "../../support/eventually.ts"
import { type Collector, startCollector } from "../../support/otel-collector.ts"
import type { SeenSpan } from "../../support/otlp.ts"
import type { Spoor } from "../../support/spoor.ts"
import type { Check } from "./results.ts"
import { collectorDown } from "./tracing-outage.ts"

const secret = "s3cret-of-the-collector"
const clientAddress = "198.51.100.77"
const actors = ["bridge", "enricher", "drainer", "event-counter", "gateway"] as const

export interface Pipeline {
  readonly collector: Collector
  readonly processes: ReadonlyMap<string, Spoor>
  /** Sends one event of that type, with or without a trace context; returns the status. */
  readonly send: (type: string, traceparent?: string) => Promise<number>
}

export const tracing = async (): Promise<ReadonlyArray<Check>> => {
  const servers = await realServers()
  const collector = servers && (await startCollector())
  if (servers === undefined || collector === undefined) process.exit(1)
  const cluster = makeCluster(servers, {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=${secret}`,
    OTEL_BSP_SCHEDULE_DELAY: "200",
    OTEL_BLRP_SCHEDULE_DELAY: "200",
    OTEL_METRIC_EXPORT_INTERVAL: "1000",
    // What an outage does to single batches is logged at this level, with the ids of their spans.
    LOG_LEVEL: "Debug",
    TRACE_PARAM: "traceparent"
  })
  try {
    const processes = new Map<string, Spoor>()
    for (const name of actors) processes.set(name, await cluster.start(name))
    const address = processes.get("gateway")?.address("send events")
    const send = async (type: string, traceparent?: string): Promise<number> => {
      const headers = {
        "x-forwarded-for": clientAddress,
        ...(traceparent === undefined ? {} : { traceparent })
      }
      const { status } = await fetch(new URL(`/t/${type}?a=1`, address), { headers })
      return status
    }
    const pipeline = { collector, processes, send }
    const client = { traceId: randomBytes(16).toString("hex"), spanId: randomBytes(8).toString("hex") }
    await send("buy", `00-${client.traceId}-${client.spanId}-01`)
    const inClientTrace = () => collector.seen().spans.filter(({ traceId }) => traceId === client.traceId)
    await eventually(
      "the counter's span",
      () => inClientTrace().some(({ name }) => name === "event-counter"),
      90_000
    )
    const batchSpans = await eventually(
      "the batch's trace",
      () => traceOfBatch(collector, client.traceId),
      90_000
    )
    const record = cluster.read(cluster.topic).find(({ value }) => value.toString().startsWith("buy "))
    const checks = [
      eventCheck(inClientTrace(), client.spanId),
      batchCheck(batchSpans, inClientTrace()),
      recordCheck(record?.headers.traceparent, record?.value.toString() ?? "", inClientTrace()),
      await unsampledCheck(pipeline),
      await logCheck(pipeline, () => cluster.start("enricher")),
      await metricsCheck(pipeline),
      await silenceCheck(pipeline)
    ]
    return [...checks, ...(await collectorDown(pipeline))]
  } finally {
    await cluster.stop()
    await collector.remove()
  }
}

/** Each span as `service name <- name of its parent`, in alphabetical order. */
const edges = (spans: ReadonlyArray<SeenSpan>, root = ""): ReadonlyArray<string> => {
  const nameOf = new Map(spans.map(({ spanId, name }) => [spanId, name]))
  return spans
    .map(({ service, name, parentSpanId }) => {
      const parent = parentSpanId === root ? "client" : (nameOf.get(parentSpanId) ?? parentSpanId)
      return `${service.replace("spoor-", "")}: ${name} <- ${parent}`
    })
    .toSorted()
}

const same = (found: ReadonlyArray<string>, expected: ReadonlyArray<string>): boolean =>
  JSON.stringify(found) === JSON.stringify(expected.toSorted())

const eventCheck = (spans: ReadonlyArray<SeenSpan>, clientSpan: string): Check => {
  const found = edges(spans, clientSpan)
  const expected = [
    "gateway: accept <- client",
    "drainer: drain <- accept",
    "enricher: enrich <- drain",
    "bridge: store <- enrich",
    "event-counter: event-counter <- store"
  ]
  return {
    name: "one trace shows an event from the client's request to the counter, each hop below the one before",
    passed: same(found, expected),
    proof: found.join("; ")
  }
}

/** The spans of a batch: claim, enrich, store, append, ack, and the batch itself. */
const spansOfBatch = 6

/** The trace of the batch with the event, once all its spans have arrived: each process exports its own. */
const traceOfBatch = (collector: Collector, clientTrace: string): ReadonlyArray<SeenSpan> | undefined => {
  const { spans } = collector.seen()
  const root = spans.find(
    ({ name, links }) => name === "batch" && links.some(({ traceId }) => traceId === clientTrace)
  )
  const found = spans.filter(({ traceId }) => traceId === root?.traceId)
  return found.length < spansOfBatch ? undefined : found
}

const batchCheck = (spans: ReadonlyArray<SeenSpan>, client: ReadonlyArray<SeenSpan>): Check => {
  const found = edges(spans)
  const expected = [
    "drainer: batch <- client",
    "drainer: claim <- batch",
    "enricher: enrich <- batch",
    "bridge: store <- enrich",
    "bridge: append <- store",
    "drainer: ack <- batch"
  ]
  const trace = spans[0]?.traceId
  const isLinked = client
    .filter(({ name }) => ["drain", "enrich", "store"].includes(name))
    .every(({ links }) => links.some(({ traceId }) => traceId === trace))
  return {
    name: "a batch has one trace over NATS: claim, enrich, store, append, ack; linked with the client's, both ways",
    passed: same(found, expected) && isLinked,
    proof: found.join("; ").replace("<- client", "(root)")
  }
}

const recordCheck = (header: string | undefined, value: string, client: ReadonlyArray<SeenSpan>): Check => {
  const store = client.find(({ name }) => name === "store")
  const accept = client.find(({ name }) => name === "accept")
  const named = `00-${store?.traceId}-${store?.spanId}-01`
  return {
    name: "the record names the bridge's span in its header, and the gateway's in the parameter TRACE_PARAM",
    passed: header === named && value.includes(`traceparent=00-${accept?.traceId}-${accept?.spanId}-01`),
    proof: `traceparent: ${header}; ${value.split(" ").at(-1)}`
  }
}

const unsampledCheck = async ({ send, collector }: Pipeline): Promise<Check> => {
  const ids = [0, 1].map(() => randomBytes(16).toString("hex"))
  const [unsampled = "", sampled = ""] = ids
  await send("quiet", `00-${unsampled}-${"b".repeat(16)}-00`)
  await send("loud", `00-${sampled}-${"b".repeat(16)}-01`)
  const of = (id: string): number => collector.seen().spans.filter(({ traceId }) => traceId === id).length
  await eventually("the sampled event's trace", () => of(sampled) >= 5, 90_000)
  return {
    name: "an event whose client does not record its trace has no span in it",
    passed: of(unsampled) === 0,
    proof: `${of(unsampled)} spans, while the event after it has ${of(sampled)}`
  }
}

/** Without an enricher a batch is released, which is logged; the log line names the span of that batch. */
const logCheck = async (
  { send, collector, processes }: Pipeline,
  again: () => Promise<Spoor>
): Promise<Check> => {
  await processes.get("enricher")?.end()
  await send("delayed")
  const released = () =>
    collector
      .seen()
      .logs.find(({ body, spanId }) => String(body).startsWith("batch released") && spanId !== "")
  const log = await eventually("the log line", released, 90_000)
  const span = await eventually(
    "the span of the log line",
    () => collector.seen().spans.find(({ spanId }) => spanId === log.spanId),
    90_000
  )
  ;(processes as Map<string, Spoor>).set("enricher", await again())
  const printed = processes.get("drainer")?.output().includes(`"trace_id":"${log.traceId}"`) === true
  return {
    name: "a log line has the ids of its trace and span, at the collector and in the process's own JSON",
    passed: span.name === "batch" && span.traceId === log.traceId && printed,
    proof: `${log.service} ${log.level} "${log.body}" ${JSON.stringify(log.attributes)} in the span ${span.name}`
  }
}

/** Names of series in the text format; those of a histogram without their endings. */
const seriesIn = (text: string): ReadonlySet<string> =>
  new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1] ?? ""))

const metricsCheck = async ({ collector, processes }: Pipeline): Promise<Check> => {
  const found: Array<string> = []
  for (const [actor, spoor] of processes) {
    const text = await (await fetch(new URL("/metrics", spoor.address("health")))).text()
    const names = [...seriesIn(text)]
    const exported = (): ReadonlySet<string> =>
      new Set(
        collector
          .seen()
          .metrics.filter(({ service }) => service === `spoor-${actor}`)
          .map(({ name }) => name)
      )
    await eventually(
      `the metrics of ${actor}`,
      () => names.every((name) => exported().has(name)),
      60_000
    ).catch(() => found.push(`${actor} lacks ${names.filter((name) => !exported().has(name)).join(" ")}`))
    found.push(`${actor} ${names.length}`)
  }
  return {
    name: "the collector has every series of /metrics, by the same name",
    passed: !found.some((one) => one.includes("lacks")),
    proof: `series: ${found.join(", ")}`
  }
}

const silenceCheck = async ({ collector, processes }: Pipeline): Promise<Check> => {
  for (const spoor of processes.values())
    for (const path of ["/health/live", "/health/ready", "/metrics"])
      await fetch(new URL(path, spoor.address("health")))
  const { spans, logs, metrics } = collector.seen()
  const known = [
    "accept",
    "drain",
    "batch",
    "claim",
    "enrich",
    "store",
    "append",
    "ack",
    "release",
    "event-counter"
  ]
  const other = spans.filter(({ name }) => !known.includes(name)).map(({ name }) => name)
  const all = JSON.stringify({ spans, logs, metrics })
  const told = [secret, clientAddress].filter((text) => all.includes(text))
  return {
    name: "nothing exported contains the client's address or the collector's token; operational paths have no span",
    passed: other.length === 0 && told.length === 0,
    proof: `${spans.length} spans, ${logs.length} log lines, ${metrics.length} metrics; other spans: ${other.length}`
  }
}
