/**
 * The exporters of traces, metrics and logs: Effect's own OTLP. Loaded only when something is exported; they live as long
 * as the layer, which exports what is left when it is released, for at most two seconds.
 */
import { randomUUID } from "node:crypto"
import { Array as Arr, Context, Effect, Layer, Logger, References, Tracer } from "effect"
import * as HttpClient from "effect/http/HttpClient"
import { layerFlusher } from "effect/observability/OtlpExporter"
import * as OtlpLogger from "effect/observability/OtlpLogger"
import * as OtlpMetrics from "effect/observability/OtlpMetrics"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import * as OtlpTracer from "effect/observability/OtlpTracer"
import packageJson from "../../../package.json" with { type: "json" }
import { asText, isFields } from "../json-log.ts"
import { collectorClients } from "./collector-client.ts"
import { MetricsExport } from "./metrics-export.ts"
import type { Destination, ExportPlan } from "./plan.ts"
import { sampledBy } from "./sampler.ts"
import { Tracing } from "./spans.ts"

/** The maximum number of spans or log records in one export. */
const maxBatchSize = 512

/** How long a stopping process waits for the last export of each signal, milliseconds. */
const shutdownTimeout = 2_000

/** Exports as planned. `serviceName`: the name where the settings have none. Adds to the loggers that exist. */
export const otlpLayer = (plan: ExportPlan, serviceName: string) =>
  Layer.unwrap(
    Effect.map(collectorClients(plan.timeoutMs), (clientFor) => exporters(plan, serviceName, clientFor))
  )

type ClientFor = (url: string) => HttpClient.HttpClient

const exporters = (plan: ExportPlan, serviceName: string, clientFor: ClientFor) => {
  const resource = {
    serviceName: plan.serviceName ?? serviceName,
    serviceVersion: packageJson.version,
    attributes: { "service.instance.id": randomUUID(), "process.pid": process.pid }
  }
  const { TRACES, METRICS, LOGS } = plan.destinations
  const optionsFor = ({ url, headers }: Destination) => ({
    url,
    headers,
    resource,
    compression: plan.compression,
    shutdownTimeout
  })
  const layers = [
    ...(TRACES === undefined
      ? []
      : [
          Layer.effectContext(
            Effect.map(
              OtlpTracer.make({ ...optionsFor(TRACES), maxBatchSize, exportInterval: plan.spanDelayMs }),
              (inner) => {
                const tracer = sampledBy(plan.sampler, inner)
                return Context.make(Tracer.Tracer, tracer).pipe(Context.add(Tracing, tracer))
              }
            )
          ).pipe(Layer.provide(transportTo(TRACES, clientFor)))
        ]),
    ...(METRICS === undefined
      ? []
      : [
          Layer.effectContext(
            Effect.as(
              OtlpMetrics.make({
                ...optionsFor(METRICS),
                exportInterval: plan.metricIntervalMs,
                temporality: plan.temporality
              }),
              Context.make(MetricsExport, plan.metricIntervalMs)
            )
          ).pipe(Layer.provide(transportTo(METRICS, clientFor)))
        ]),
    ...(LOGS === undefined
      ? []
      : [
          Logger.layer(
            [
              Effect.map(
                OtlpLogger.make({ ...optionsFor(LOGS), maxBatchSize, exportInterval: plan.logDelayMs }),
                withFields
              )
            ],
            { mergeWithExisting: true }
          ).pipe(Layer.provide(transportTo(LOGS, clientFor)))
        ])
  ]
  return layers.reduce<Layer.Layer<never>>((all, one) => Layer.merge(all, one), Layer.empty)
}

/** What an exporter needs: a client of its own, the form, and the registry of exporters, which nothing here uses. */
const transportTo = ({ url, isJson }: Destination, clientFor: ClientFor) =>
  Layer.mergeAll(
    layerFlusher,
    isJson ? OtlpSerialization.layerJson : OtlpSerialization.layerProtobuf,
    Layer.succeed(HttpClient.HttpClient, clientFor(url))
  )

/** A log entry as this process prints it: its texts are the body, the fields of its objects are attributes. */
const withFields = (inner: Logger.Logger<unknown, void>): Logger.Logger<unknown, void> =>
  Logger.make((entry) => {
    const values = Arr.ensure(entry.message)
    const texts = values.filter((value) => !isFields(value)).map(asText)
    const { fiber } = entry
    const annotations = Object.assign(
      {},
      fiber.getRef(References.CurrentLogAnnotations),
      ...values.filter(isFields)
    )
    const withAnnotations = Object.create(fiber, {
      getRef: {
        value: (reference: Parameters<typeof fiber.getRef>[0]) =>
          (reference as unknown) === References.CurrentLogAnnotations ? annotations : fiber.getRef(reference)
      }
    })
    inner.log({ ...entry, message: texts.join(" "), fiber: withAnnotations })
  })
