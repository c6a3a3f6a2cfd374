/**
 * The spans of single events, in the traces of their clients: one per hop for each event of a batch that carries a sampled
 * trace context, at most `maxTracesPerBatch`. Each is linked to the batch's span and the batch's span to it.
 */
import { Clock, Effect, type Exit, type Tracer } from "effect"
import type { LogRecord } from "../../../bridge/event-log/service.ts"
import type { RawEvent } from "../../../contracts/event.ts"
import { type BatchId, eventId } from "../../../contracts/ids.ts"
import {
  type EventTrace,
  maxTracesPerBatch,
  readTraceparent,
  traceparentHeader,
  writeTraceparent
} from "../../../contracts/trace-context.ts"
import { paramValues } from "../../../contracts/wire/params.ts"
import { beginSpan, currentSpan, externalSpan, Tracing } from "./spans.ts"

interface Traced {
  readonly id: BatchId
  readonly traces?: ReadonlyArray<EventTrace>
}

/**
 * The traces that these events carry in the parameter `name`: of sampled ones, at most `maxTracesPerBatch`. Of a parameter
 * that occurs twice the last counts: a gateway appends it. An object without a field when there is none.
 */
export const tracesIn = (
  events: ReadonlyArray<RawEvent>,
  name: string | undefined
): { readonly traces?: ReadonlyArray<EventTrace> } => {
  if (name === undefined) return {}
  const traces: Array<EventTrace> = []
  for (const { index, query } of events) {
    if (traces.length === maxTracesPerBatch) break
    const traceparent = paramValues(query, name).at(-1)
    if (traceparent !== undefined && isSampled(traceparent)) traces.push({ index, traceparent })
  }
  return traces.length === 0 ? {} : { traces }
}

const isSampled = (traceparent: string): boolean => readTraceparent(traceparent)?.sampled === true

/** The traces of records read from the log, by their header; `index` is the place of the record. */
const tracesOf = (records: ReadonlyArray<LogRecord>): ReadonlyArray<EventTrace> => {
  const traces: Array<EventTrace> = []
  for (const [index, { headers }] of records.entries()) {
    if (traces.length === maxTracesPerBatch) break
    const traceparent = headers[traceparentHeader]
    if (traceparent !== undefined && isSampled(traceparent)) traces.push({ index, traceparent })
  }
  return traces
}

/**
 * Runs one hop of the batch with a span for each of its traced events. The work gets the batch with the traces that the
 * next hop continues. A batch without traces, or without an endpoint, passes as it is.
 */
export const inEventSpans = <B extends Traced, A, E>(
  name: string,
  batch: B,
  work: (batch: B) => Effect.Effect<A, E>
): Effect.Effect<A, E> => {
  const { id, traces } = batch
  if (traces === undefined) return work(batch)
  const idOf = (index: number) => eventId(id, index)
  return spansOf(name, traces, idOf, (own) => work({ ...batch, traces: own }))
}

/** The same for records read from the log, whose traces are in their headers. */
export const inRecordSpans = <A, E>(
  name: string,
  records: ReadonlyArray<LogRecord>,
  work: Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.flatMap(Tracing, (tracer) => {
    const traces = tracer === undefined ? [] : tracesOf(records)
    const idOf = (index: number) => records[index]?.headers.id ?? ""
    return traces.length === 0 ? work : spansOf(name, traces, idOf, () => work)
  })

const spansOf = <A, E>(
  name: string,
  traces: ReadonlyArray<EventTrace>,
  idOf: (index: number) => string,
  work: (traces: ReadonlyArray<EventTrace>) => Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.flatMap(Tracing, (tracer) => {
    if (tracer === undefined) return work(traces)
    return Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const batch = yield* currentSpan
      const begun = clock.currentTimeNanosUnsafe()
      const spans: Array<Tracer.Span> = []
      const own = traces.slice(0, maxTracesPerBatch).map(({ index, traceparent }): EventTrace => {
        const context = readTraceparent(traceparent)
        if (context === undefined) return { index, traceparent }
        const attributes = { "spoor.event.id": idOf(index) }
        const parent = externalSpan(context)
        const links = batch === undefined ? [] : [batch]
        const span = beginSpan(tracer, { name, kind: "consumer", parent, begun, attributes, links })
        spans.push(span)
        return { index, traceparent: writeTraceparent(span) }
      })
      if (batch?._tag === "Span") batch.addLinks(spans.map((span) => ({ span, attributes: {} })))
      const end = (exit: Exit.Exit<unknown, unknown>) =>
        Effect.sync(() => {
          const ended = clock.currentTimeNanosUnsafe()
          for (const span of spans) span.end(ended, exit)
        })
      return yield* Effect.onExit(work(own), end)
    })
  })
