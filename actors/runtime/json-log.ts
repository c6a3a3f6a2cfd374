/**
 * Log lines as JSON, one object a line. Each line begins with `timestamp`, `level`, `message` (a text) and `actor`; other
 * fields follow (`batch`, `reason`, `cause`, …), with traces `trace_id` and `span_id`. No field is empty. Keeps no state.
 */
import { Array as Arr, Cause, type Fiber, Formatter, Logger, References } from "effect"
import { inertJson } from "./escape-controls.ts"
import { Tracing } from "./telemetry/spans.ts"

/** Reserved names: a field of that name is written as `field.<name>`. */
const ownKeys: ReadonlySet<string> = new Set(["timestamp", "level", "message", "actor", "cause", "spans"])

/** The `actor` of lines that belong to no actor. */
export const processName = "process"

export interface LogLine {
  readonly at: Date
  /** Effect's name for it: `Info`, `Warn`, … */
  readonly level: string
  /** The logged values: texts are joined to the message, plain objects become fields. */
  readonly values: ReadonlyArray<unknown>
  /** Fields of all lines of this part of the process, `actor` among them. */
  readonly annotations: Readonly<Record<string, unknown>>
  readonly cause?: string
  /** The age of each span, milliseconds. */
  readonly spans?: Readonly<Record<string, number>>
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === "" ||
  (Array.isArray(value) && value.length === 0) ||
  (isFields(value) && Object.values(value).every(isEmpty))

/** Whether a logged value is a plain object, whose members become fields of the line. */
export const isFields = (value: unknown): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== "object" || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Any other logged value as a part of the message. */
export const asText = (value: unknown): string => {
  if (value instanceof Error) return value.message === "" ? value.name : value.message
  return typeof value === "object" && value !== null ? Formatter.formatJson(value) : String(value)
}

/** The line, without a line end. */
export const jsonLine = ({ at, level, values, annotations, cause, spans }: LogLine): string => {
  const { actor, ...shared } = annotations
  const texts = values.filter((one) => !isFields(one) && !isEmpty(one)).map(asText)
  const line: Record<string, unknown> & { cause?: unknown; spans?: unknown } = {
    timestamp: at.toISOString(),
    level: level.toUpperCase(),
    message: texts.length === 0 ? "no message" : texts.join(" "),
    actor: isEmpty(actor) ? processName : asText(actor)
  }
  for (const [key, value] of [shared, ...values.filter(isFields)].flatMap(Object.entries)) {
    if (isEmpty(value)) continue
    line[ownKeys.has(key) ? `field.${key}` : key] =
      typeof value === "function" || typeof value === "symbol" ? String(value) : value
  }
  if (!isEmpty(cause)) line.cause = cause
  if (!isEmpty(spans)) line.spans = spans
  return inertJson(Formatter.formatJson(line))
}

/** Formats each log entry as such a line. */
export const jsonFormat = Logger.make<unknown, string>(({ message, logLevel, cause, date, fiber }) =>
  jsonLine({
    at: date,
    level: logLevel,
    values: Arr.ensure(message),
    annotations: { ...fiber.getRef(References.CurrentLogAnnotations), ...spanOf(fiber) },
    ...(cause.reasons.length === 0 ? {} : { cause: Cause.pretty(cause) }),
    spans: Object.fromEntries(
      fiber
        .getRef(References.CurrentLogSpans)
        .map(([label, since]) => [label, date.getTime() - since] as const)
    )
  })
)

/** The ids of the span in which the entry was logged, by the names that OpenTelemetry gives them in JSON logs. */
const spanOf = (fiber: Fiber.Fiber<unknown, unknown>): Readonly<Record<string, string>> => {
  const { span } = fiber.cache
  if (span === undefined || fiber.getRef(Tracing) === undefined) return {}
  return { trace_id: span.traceId, span_id: span.spanId }
}

/** Writes such lines to standard output. */
export const jsonLogger = Logger.withConsoleLog(jsonFormat)
