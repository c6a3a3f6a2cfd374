/**
 * A log line for machines: one JSON object a line. `timestamp`, `level`, `message` (a text) and `actor` come first on every
 * line; what else the line says are fields beside them (`batch`, `reason`, `cause`, …), and none of them is empty.
 */
import { Array as Arr, Cause, Formatter, Logger, References } from "effect"
import { inertJson } from "./escape-controls.ts"

/** Names that every line has: a field of that name is written with `field.` before it. */
const ownKeys: ReadonlySet<string> = new Set(["timestamp", "level", "message", "actor", "cause", "spans"])

/** The `actor` of lines that belong to none. */
export const processName = "process"

export interface LogLine {
  readonly at: Date
  /** As Effect names it: `Info`, `Warn`, … */
  readonly level: string
  /** What was logged: texts are joined to the message, plain objects are fields. */
  readonly said: ReadonlyArray<unknown>
  /** What all lines of this part of the process say; `actor` is among it. */
  readonly annotations: Readonly<Record<string, unknown>>
  readonly cause?: string
  /** Milliseconds since each span began. */
  readonly spans?: Readonly<Record<string, number>>
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === "" ||
  (Array.isArray(value) && value.length === 0) ||
  (isFields(value) && Object.values(value).every(isEmpty))

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== "object" || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const asText = (value: unknown): string => {
  if (value instanceof Error) return value.message === "" ? value.name : value.message
  return typeof value === "object" && value !== null ? Formatter.formatJson(value) : String(value)
}

/** The line without its end. */
export const jsonLine = ({ at, level, said, annotations, cause, spans }: LogLine): string => {
  const { actor, ...shared } = annotations
  const texts = said.filter((one) => !isFields(one) && !isEmpty(one)).map(asText)
  const line: Record<string, unknown> & { cause?: unknown; spans?: unknown } = {
    timestamp: at.toISOString(),
    level: level.toUpperCase(),
    message: texts.length === 0 ? "no message" : texts.join(" "),
    actor: isEmpty(actor) ? processName : asText(actor)
  }
  for (const [key, value] of [shared, ...said.filter(isFields)].flatMap(Object.entries)) {
    if (isEmpty(value)) continue
    line[ownKeys.has(key) ? `field.${key}` : key] =
      typeof value === "function" || typeof value === "symbol" ? String(value) : value
  }
  if (!isEmpty(cause)) line.cause = cause
  if (!isEmpty(spans)) line.spans = spans
  return inertJson(Formatter.formatJson(line))
}

/** Makes such a line of each entry. */
export const jsonFormat = Logger.make<unknown, string>(({ message, logLevel, cause, date, fiber }) =>
  jsonLine({
    at: date,
    level: logLevel,
    said: Arr.ensure(message),
    annotations: fiber.getRef(References.CurrentLogAnnotations),
    ...(cause.reasons.length === 0 ? {} : { cause: Cause.pretty(cause) }),
    spans: Object.fromEntries(
      fiber
        .getRef(References.CurrentLogSpans)
        .map(([label, since]) => [label, date.getTime() - since] as const)
    )
  })
)

/** Logs such lines on standard output. */
export const jsonLogger = Logger.withConsoleLog(jsonFormat)
