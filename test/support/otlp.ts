/** OTLP in its JSON form, as an exporter posts it and as the collector's file exporter writes it, as flat lists. */

interface Pair {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

export type Attributes = Readonly<Record<string, unknown>>

export interface SeenSpan {
  readonly service: string
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly spanId: string
  /** Empty for a root span. */
  readonly parentSpanId: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: Attributes
  readonly links: ReadonlyArray<{ readonly traceId: string; readonly spanId: string }>
  /** 1: ok, 2: error. */
  readonly status: number
}

export interface SeenLog {
  readonly service: string
  readonly level: string
  readonly body: unknown
  readonly attributes: Attributes
  /** Empty outside of a span. */
  readonly traceId: string
  readonly spanId: string
}

export interface SeenMetric {
  readonly service: string
  readonly name: string
  readonly points: ReadonlyArray<Attributes>
}

export interface SeenTelemetry {
  readonly spans: ReadonlyArray<SeenSpan>
  readonly logs: ReadonlyArray<SeenLog>
  readonly metrics: ReadonlyArray<SeenMetric>
}

// biome-ignore lint/suspicious/noExplicitAny: JSON of another program.
type Json = any

const listOf = (value: Json): ReadonlyArray<Json> => (Array.isArray(value) ? value : [])

const plainValue = (value: Pair["value"]): unknown => Object.values(value ?? {})[0]

const attributesOf = (pairs: Json): Attributes =>
  Object.fromEntries(listOf(pairs).map(({ key, value }: Pair) => [key, plainValue(value)]))

const serviceOf = ({ resource }: Json): string => String(attributesOf(resource?.attributes)["service.name"])

/** What the documents contain, in their order. */
export const seenIn = (documents: ReadonlyArray<Json>): SeenTelemetry => ({
  spans: documents.flatMap(({ resourceSpans }) =>
    listOf(resourceSpans).flatMap((one) =>
      listOf(one.scopeSpans).flatMap(({ spans }) =>
        listOf(spans).map((span) => ({
          ...span,
          service: serviceOf(one),
          parentSpanId: span.parentSpanId ?? "",
          attributes: attributesOf(span.attributes),
          links: listOf(span.links),
          status: span.status?.code ?? 0
        }))
      )
    )
  ),
  logs: documents.flatMap(({ resourceLogs }) =>
    listOf(resourceLogs).flatMap((one) =>
      listOf(one.scopeLogs).flatMap(({ logRecords }) =>
        listOf(logRecords).map((log) => ({
          service: serviceOf(one),
          level: log.severityText,
          body: plainValue(log.body),
          attributes: attributesOf(log.attributes),
          traceId: log.traceId ?? "",
          spanId: log.spanId ?? ""
        }))
      )
    )
  ),
  metrics: documents.flatMap(({ resourceMetrics }) =>
    listOf(resourceMetrics).flatMap((one) =>
      listOf(one.scopeMetrics).flatMap(({ metrics }) =>
        listOf(metrics).map((metric) => ({
          service: serviceOf(one),
          name: metric.name,
          points: [metric.sum, metric.gauge, metric.histogram]
            .flatMap((kind) => listOf(kind?.dataPoints))
            .map((point) => ({
              ...attributesOf(point.attributes),
              value: point.asDouble ?? point.asInt ?? point.count
            }))
        }))
      )
    )
  )
})
