/**
 * A trace context as W3C Trace Context writes it in the header `traceparent`, and how it travels with an event: the
 * client's header becomes a parameter of the line, the drainer reads it, and the batch messages and the record carry it
 * on. Pure.
 */
import { Config, Schema } from "effect"
import { optional } from "./setting.ts"

/** The name of the header in HTTP, NATS and Kafka. */
export const traceparentHeader = "traceparent"

/** A span of some process: its trace, its own id, and whether its trace is recorded. */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits, not all 0. */
  readonly traceId: string
  /** 16 lower-case hexadecimal digits, not all 0. */
  readonly spanId: string
  readonly sampled: boolean
}

const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** The longest header that is read, characters; a later version of the format may be longer than version 00. */
const maxLength = 256

/** The context in a header or parameter; undefined for any other text. Never throws. */
export const readTraceparent = (text: string): TraceContext | undefined => {
  if (text.length > maxLength) return undefined
  const [, version, traceId = "", spanId = "", flags = "", more] = form.exec(text) ?? []
  if (version === undefined || version === "ff" || (version === "00" && more !== undefined)) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

/** The header of a context, 55 characters, version 00. */
export const writeTraceparent = ({ traceId, spanId, sampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`

/** The client's trace of one event in a batch: the event's index, and the span that the next hop continues. */
export const EventTrace = Schema.Struct({
  index: Schema.Int.annotateKey({ description: "The event's index in its batch." }),
  traceparent: Schema.String.annotateKey({
    description: "W3C Trace Context: the span that the next hop continues."
  })
}).annotate({ identifier: "EventTrace", description: "The client's trace of one event in a batch." })
export type EventTrace = typeof EventTrace.Type

/** The maximum number of events in a batch whose traces are followed; the others are only in the batch's own trace. */
export const maxTracesPerBatch = 64

const name = Schema.String.check(
  Schema.makeFilter((text: string) =>
    /^[A-Za-z0-9_.-]{1,64}$/.test(text) ? undefined : "It must be a name of letters, digits, _, . and -."
  )
)

export const traceParam = optional(
  "TRACE_PARAM",
  (variable) => Config.schema(name, variable),
  "The parameter in which a client's trace context (its traceparent header) travels with its events, like traceparent. It is stored with them, and sampled ones get a record header traceparent. The same for all actors. Unset: traces of clients are not continued."
)
